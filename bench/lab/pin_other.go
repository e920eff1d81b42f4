//go:build !linux

package lab

import "errors"

func pin(int) error { return errors.New("pin: not on this system") }
