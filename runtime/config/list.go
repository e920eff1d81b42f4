package config

import (
	"errors"
	"net/netip"
	"strings"
)

// List is a list of names, in the environment with commas between them. Spaces around a
// name, and empty names, are left out.
type List []string

// UnmarshalText reads a list.
func (l *List) UnmarshalText(text []byte) error {
	*l = split(string(text))
	return nil
}

// MarshalText writes the list as it is read.
func (l List) MarshalText() ([]byte, error) { return []byte(strings.Join(l, ",")), nil }

// Secrets is a list of secrets, in the environment with commas between them.
type Secrets []Secret

// UnmarshalText reads a list.
func (s *Secrets) UnmarshalText(text []byte) error {
	*s = nil
	for _, value := range split(string(text)) {
		*s = append(*s, NewSecret(value))
	}
	return nil
}

// Networks is a list of addresses and networks, in the environment with commas between
// them.
type Networks []netip.Prefix

// errNetwork says nothing of the text, which may be anything.
var errNetwork = errors.New("not an address or a network")

// UnmarshalText reads a list. An address is the network of that one address.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, value := range split(string(text)) {
		network, err := netip.ParsePrefix(value)
		if err != nil {
			address, err := netip.ParseAddr(value)
			if err != nil || address.Zone() != "" {
				return errNetwork
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		*n = append(*n, network.Masked())
	}
	return nil
}

// MarshalText writes the list as it is read.
func (n Networks) MarshalText() ([]byte, error) {
	var out []string
	for _, network := range n {
		out = append(out, network.String())
	}
	return []byte(strings.Join(out, ",")), nil
}

// split returns what is between the commas of text.
func split(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
