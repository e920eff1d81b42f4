package pgtenancy

import (
	"fmt"
	"net/http"

	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// newResolver returns the configured resolvers as one; nil where there are none.
func newResolver(cfg config.Config, o Options) (resolver.Resolver, error) {
	var all []resolver.Resolver
	for _, name := range cfg.Resolvers {
		r, err := namedResolver(name, cfg, o)
		if err != nil {
			return nil, fmt.Errorf("tenancy: the resolver %s: %w", name, err)
		}
		all = append(all, r)
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	}
	return resolver.Chain(all...), nil
}

func namedResolver(name string, cfg config.Config, o Options) (resolver.Resolver, error) {
	switch name {
	case "header":
		return resolver.NewHeader(resolver.HeaderOptions{Name: cfg.HeaderName, Form: formOf(cfg.TenantForm)})
	case "subdomain":
		forwarded := resolver.XForwardedHost
		if cfg.ForwardedHeader == "Forwarded" {
			forwarded = resolver.Forwarded
		}
		return resolver.NewSubdomain(resolver.SubdomainOptions{
			Suffix: cfg.DomainSuffix, Neutral: cfg.NeutralHosts, TrustedProxies: cfg.TrustedProxies, Forwarded: forwarded,
		})
	case "path":
		return resolver.NewPath(resolver.PathOptions{Prefix: cfg.PathPrefix, Form: formOf(cfg.TenantForm)})
	case "jwt":
		return newJWT(cfg)
	case "custom":
		return o.Resolver, nil
	}
	return nil, fmt.Errorf("there is none of that name")
}

// refuseAll is the middleware of a program without resolvers: nobody can say whose a
// request is, so there is none that could be let in.
func refuseAll(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no resolver of tenants is configured", http.StatusInternalServerError)
	})
}

// newMiddleware returns the options of the middleware, and the middleware for net/http.
func newMiddleware(cfg config.Config, o Options, tenants middleware.Tenants) (middleware.Options, func(http.Handler) http.Handler, error) {
	found, err := newResolver(cfg, o)
	if err != nil || found == nil {
		return middleware.Options{}, refuseAll, err
	}
	options := middleware.Options{
		Resolver: found, Tenants: tenants, Membership: o.Membership, Excluded: cfg.ExcludedPaths,
		Reveal: o.Reveal, ErrorHandler: o.ErrorHandler, OnReject: o.OnReject, Recorder: o.Recorder, Logger: o.Logger,
	}
	m, err := middleware.New(options)
	return options, m, err
}
