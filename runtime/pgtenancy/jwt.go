package pgtenancy

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/resolver"
	"github.com/tenancygen/tenancygen/runtime/resolver/jwtresolver"
)

// newJWT returns the resolver of tokens.
func newJWT(cfg config.Config) (resolver.Resolver, error) {
	keys, err := jwtKeys(cfg)
	if err != nil {
		return nil, err
	}
	set, err := jwtresolver.NewKeySet(cfg.JWTAlgorithm, keys)
	if err != nil {
		return nil, err
	}
	return jwtresolver.New(jwtresolver.Options{
		Algorithm: cfg.JWTAlgorithm, Keys: set.Key, Issuer: cfg.JWTIssuer, Audience: []string{cfg.JWTAudience},
		Form: formOf(cfg.JWTTenantForm), Claim: cfg.JWTTenantClaim, Leeway: cfg.JWTLeeway,
	})
}

func formOf(text string) resolver.Form {
	if text == "id" {
		return resolver.ByID
	}
	return resolver.ByIdentifier
}

// jwtKeys reads the keys by their names.
func jwtKeys(cfg config.Config) (map[string]any, error) {
	keys := map[string]any{}
	for i, secret := range cfg.JWTKeys {
		text := secret.Reveal()
		// No key has a colon in it, and a name may have.
		at := strings.LastIndexByte(text, ':')
		name := text[:max(at, 0)]
		key, err := jwtKey(cfg.JWTAlgorithm, text[at+1:])
		if err != nil {
			return nil, fmt.Errorf("%sJWT_KEYS, key %d: %w", config.Prefix, i+1, err)
		}
		if _, twice := keys[name]; twice {
			return nil, fmt.Errorf("%sJWT_KEYS, key %d: there is another one of that name, or without a name", config.Prefix, i+1)
		}
		keys[name] = key
	}
	return keys, nil
}

// jwtKey reads one key. Its errors repeat nothing of it.
func jwtKey(algorithm, text string) (any, error) {
	if strings.HasPrefix(algorithm, "HS") {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("a secret has to be in base64")
		}
		return secret, nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("a public key has to be in PEM, between BEGIN PUBLIC KEY and END PUBLIC KEY")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the public key cannot be read")
	}
	return key, nil
}
