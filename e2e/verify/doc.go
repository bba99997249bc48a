// Package verify holds tests that take too long for every run: go test -tags verify ./e2e/verify runs them.
package verify
