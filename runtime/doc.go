// Package runtime is what an application uses at run time beside its generated
// queries: the tenant and its life, its way through a context, and the interfaces that
// the other packages implement:
//
//   - Provider and Isolation, the ways to keep tenants apart: package isolation/postgres
//   - Store, where tenants are kept: packages below runtime/store
//   - Limiter, how many calls a tenant has: packages runtime/limiter and below
//   - AuditWriter, who did what: packages runtime/audit and below
//   - Recorder, what is measured: packages runtime/otelrecorder and runtime/promrecorder
//
// Package runtime/manager puts them together, and runtime/resolver and
// runtime/middleware bring requests to their tenants. It imports no database driver,
// and nothing but the standard library.
package runtime
