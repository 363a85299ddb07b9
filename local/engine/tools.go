//go:build tools

// Package engine names the program that go.mod and go.sum pin: the Pulumi engine.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
