// Package runtime is what an application uses at run time beside its generated
// queries: the tenant, its errors, its way through a context, and the interface
// that isolation strategies implement. It imports no database driver.
package runtime
