// Package cryptstore keeps the secrets of tenants encrypted in any runtime.Store: the
// DatabaseURL, and the values of metadata keys that begin with runtime.SecretPrefix. They
// are encrypted on every way in and decrypted on every way out, so that the application
// sees none of it and the store below sees nothing else.
//
// Put it below a cache in the process's memory, and above everything that leaves the
// process:
//
//	cachestore (plaintext, in memory) → cryptstore → redisstore → pgstore
//
// A value is encrypted with AES-256-GCM and a random nonce. Its key is derived from a
// master key and the tenant's id, and what is authenticated with it is the tenant's id,
// the name of the field and that of the master key: a value that is put into another
// row or field is not decrypted. A value that should be encrypted and is not is an error
// and never passed on; see Store.EncryptExisting for stores that hold plaintext.
//
// # What it does not hide or see
//
// Names of metadata keys, which secrets there are, and how long they are, can be read. A
// value that is removed, or put back to what it was in the same field before, looks like
// one that the application removed or put back. Whoever has the master keys, or the
// memory of the process, has everything.
//
// # Limits
//
// With random nonces of 96 bits, one key can encrypt up to 2^32 values (NIST SP 800-38D,
// section 8.3). Here that is 2^32 writes of secrets of one tenant for each master key,
// which Rotate puts back to none.
package cryptstore
