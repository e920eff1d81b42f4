// Package limitertest is the conformance suite that every runtime.Limiter has to pass,
// those of this module and those of others.
//
// Exercise runs it; Failures returns what it finds in place of failing a test, which a
// limiter's author uses for negative controls: one that is broken on purpose has to be
// caught.
//
// The suite runs against the real clock, since that of a server cannot be set, and takes
// some seconds. It blames a limiter only for what is certain: a call happens at some
// moment between its begin and its end, and where that leaves a doubt, on a busy machine,
// the limiter has the benefit of it.
package limitertest
