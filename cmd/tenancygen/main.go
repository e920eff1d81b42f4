// Command tenancygen generates Go code and DDL that keep tenants apart.
package main

import (
	"os"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
