package shapes

import (
	"os"
	"strings"
	"testing"

	"farthing/e2e/program"
	"farthing/pkg/store/cassandra/cassandratest"
)

// migrations are what is tried on a cluster before its first bank.
func migrations() []test {
	return []test{
		{"a check of a cluster that lacks everything fails by name", lacks},
		{"a migration makes what was lacking, and can be repeated", migrates},
	}
}

// migrate runs the command on the suite's cluster.
func (s *suite) migrate(t *testing.T, more ...string) (printed, complained string, err error) {
	t.Helper()
	args := []string{"migrate", "--cassandra", os.Getenv(cassandratest.Variable)}
	for i, arg := range s.Shape.Args {
		if arg == "--prefix" {
			args = append(args, arg, s.Shape.Args[i+1])
		}
	}
	return s.Try(t, append(args, more...)...)
}

func lacks(t *testing.T, s *suite) {
	for _, service := range []string{"", "service.balance"} {
		printed, complained, err := s.migrate(t, strings.Fields("--check "+service)...)
		if exitOf(err) != exitFailed || printed != "" || strings.Count(complained, "\n") != 1 ||
			!strings.Contains(complained, service) || !strings.Contains(complained, "keyspace") {
			t.Errorf("a check of %q ends with %v and says %q, %q", service, err, printed, complained)
		}
	}
}

func migrates(t *testing.T, s *suite) {
	if _, complained, err := s.migrate(t, "service.balance"); err != nil {
		t.Fatalf("migrating one service: %v\n%s", err, complained)
	}
	if _, complained, err := s.migrate(t, "--check", "service.balance"); err != nil {
		t.Errorf("one service was migrated, and its check ends with %v: %s", err, complained)
	}
	if _, _, err := s.migrate(t, "--check"); exitOf(err) != exitFailed {
		t.Errorf("one service was migrated, and a check of all ends with %v", err)
	}
	for _, args := range [][]string{nil, {"--check"}, nil} {
		printed, complained, err := s.migrate(t, args...)
		if err != nil || !strings.Contains(printed, "keyspaces are as their services declare them") {
			t.Fatalf("migrate %v: %v\n%s%s", args, err, printed, complained)
		}
	}
}

// It takes a Cassandra of its own, and with it most of a minute.
func TestACassandraThatMayLoseWritesIsRefused(t *testing.T) {
	node := program.StartNode(t, "CASSANDRA_COMMITLOG_SYNC=periodic")
	s := &suite{Bank: program.New(t, program.Build(t), program.ClusteredAt(node.Address, "--empty")), replicas: 1}
	s.wantRefused(t, s.Shape, nil, "refusing to start on what may lose acknowledged writes", "commitlog_sync", "periodic")
	s.Start(t, "--allow-unsafe")
	s.try(t, []test{{"ps shows the processes", lists}, {"the admin door says that all is well", isWell}})
	s.Stop(t)
}
