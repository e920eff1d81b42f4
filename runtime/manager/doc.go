// Package manager runs the lives of tenants: it registers, suspends, renames and
// deletes them, lets their requests in, counts their calls and writes down what was
// done. It knows stores, isolation strategies, limiters and audit writers by their
// contracts in package runtime, and imports no driver.
//
// Each step that takes more than one write can be interrupted at any place, also by the
// end of the process, and be finished later: see Manager.Resume.
package manager
