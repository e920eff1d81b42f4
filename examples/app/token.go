package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenancygen/tenancygen/runtime/config"
)

// printToken writes a token that is good for an hour, signed with the key that the app
// verifies tokens with. It stands for the service that logs people in, which alone would
// have a private key in a real application.
func printToken(w io.Writer, environ []string, tenantID string) error {
	cfg, err := config.Parse(environ)
	if err != nil {
		return err
	}
	if cfg.JWTAlgorithm != "HS256" || len(cfg.JWTKeys) == 0 {
		return errors.New("tokens are only made for HS256, with the first of " + config.Prefix + "JWT_KEYS")
	}
	key, err := base64.StdEncoding.DecodeString(cfg.JWTKeys[0].Reveal())
	if err != nil {
		return errors.New(config.Prefix + "JWT_KEYS is not base64") // the decoder's error tells where
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": cfg.JWTIssuer, "aud": cfg.JWTAudience, "sub": "somebody", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		cfg.JWTTenantClaim: tenantID,
	}).SignedString(key)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, token)
	return err
}
