package runtime

// IsAtLeastVersion0_1_0 is used in compile-time handshakes with generated code:
//
//	const _ = runtime.IsAtLeastVersion0_1_0
//
// If the compiler says that this constant is not defined, the generated code
// was made by a newer tenancygen than the runtime that it is compiled against.
// Update github.com/tenancygen/tenancygen in go.mod, or generate again with the
// version that go.mod names. A change that breaks generated code adds a new
// constant beside this one; this one stays for as long as the code that it
// vouches for still works.
const IsAtLeastVersion0_1_0 = true
