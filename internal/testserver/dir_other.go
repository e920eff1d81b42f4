//go:build !linux

package testserver

func memoryDir() string { return "" }
