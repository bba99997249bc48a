// Package e2e tests the bank as a whole: HTTP in, feed and push out.
package e2e

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
