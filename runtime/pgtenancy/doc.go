// Package pgtenancy builds the whole run time of an application on PostgreSQL and Redis
// from one config.Config:
//
//	cfg, err := config.FromEnv()
//	…
//	tenancy, err := pgtenancy.Open(ctx, cfg, pgtenancy.Options{Layout: gen.Layout})
//	…
//	defer tenancy.Close()
//	queries := gen.New(tenancy.Isolation)
//	http.ListenAndServe(address, tenancy.Middleware(handler))
//
// It decides nothing that the packages that it puts together do not: an application that
// needs another arrangement calls their constructors itself, as Open does.
//
// From the application to the disk, a tenant is looked for in the memory of the process
// (cachestore), then, decrypted on the way (cryptstore), in Redis (redisstore) and in
// PostgreSQL (pgstore). What is secret about it leaves the process encrypted only.
package pgtenancy
