// Package move proves that a whole bank moves from any shape to any other, with everything that a customer can see.
package move

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is what a customer sees of a bank.
type seen struct {
	Feed         []program.FeedItem
	Balance      int64
	Transactions int
	Repeat       string // How a swipe is answered that was made in the first shape.
}

var payment = world.Payment{ID: "moved-1", Minor: 3_21, Descriptor: "PRET A MANGER 1234 LONDON GBR"}

func look(t *testing.T, b *program.Bank) seen {
	t.Helper()
	var balance struct{ Balance int64 }
	b.Get(t, "/balance?account_id="+b.Facts().AccountID, &balance)
	var page struct{ Transactions []struct{ ID string } }
	b.Get(t, "/transactions?limit=100&account_id="+b.Facts().AccountID, &page)
	s := seen{Feed: b.Feed(t), Balance: balance.Balance, Transactions: len(page.Transactions)}
	s.Repeat = swipe(t, b).String()
	return s
}

// swipe makes the one payment, or repeats it.
func swipe(t *testing.T, b *program.Bank) world.Outcome {
	t.Helper()
	book, p := world.NewBook(), paymentOf(b)
	if !book.Swipe(t.Context(), b.Send, b.Customer(), p) {
		t.Fatalf("a swipe was not answered: %v", book.Complaints())
	}
	return *book.Pages()[0].Answer
}

func TestABankMovesThroughAllShapesAndIsStillTheSame(t *testing.T) {
	binary := program.Build(t)
	bank := program.New(t, binary, program.OneProcess())
	bank.Start(t, "--history", "183") // There must be something to move.
	swipe(t, bank)
	book := world.NewBook()
	if !book.Swipe(t.Context(), bank.Send, bank.Customer(), paymentOf(bank)) {
		t.Fatal("a repeat was not answered")
	}
	bank.CatchUp(t, book)
	want := look(t, bank)
	bank.Stop(t)
	if len(want.Feed) < 60 || want.Transactions == 0 {
		t.Fatalf("the bank to be moved has %d feed items: the test proves little", len(want.Feed))
	}

	for _, shape := range []program.Shape{
		program.ManyProcesses(), program.Clustered(t), program.OneProcess(),
	} {
		export := filepath.Join(t.TempDir(), "export")
		bank.Run(t, "export", export)
		next := program.New(t, binary, shape)
		args := append([]string{"import", export}, shape.Args...)
		if !interrupted(t, next, args) {
			t.Logf("the import to %s was done before it could be killed", shape.Name)
		} else {
			next.Run(t, args...)
		}
		next.Start(t)
		if diff := cmp.Diff(want, look(t, next)); diff != "" {
			t.Errorf("moved from %s to %s:\n%s", bank.Shape.Name, shape.Name, diff)
		}
		next.Stop(t)
		bank = next
	}
}

func paymentOf(b *program.Bank) world.Payment {
	p := payment
	p.CardID = b.Facts().CardID
	return p
}

// interrupted begins a command and kills it, somewhere on its way. It is false if the command was faster.
func interrupted(t *testing.T, b *program.Bank, args []string) bool {
	t.Helper()
	command := b.Command(args...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := clock.Wait(t.Context(), 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	_ = command.Process.Signal(syscall.SIGKILL)
	return command.Wait() != nil
}

func TestWhatIsNoBankIsNotExportedAndWhatIsOneIsNotOverwritten(t *testing.T) {
	binary := program.Build(t)
	nothing := program.New(t, binary, program.OneProcess())
	refused(t, nothing, "there is no bank in", "export", t.TempDir())
	refused(t, nothing, "is no export of a bank", "import", t.TempDir())

	bank := program.New(t, binary, program.OneProcess())
	bank.Start(t, "--empty")
	export := filepath.Join(t.TempDir(), "export")
	refused(t, bank, "is in use by another bank", "export", export)
	bank.Stop(t)
	bank.Run(t, "export", export)
	refused(t, bank, "there is a bank in", "import", export)

	bank.Start(t)
	bank.Stop(t)
	refused(t, bank, "holds no export of this bank as it is", "export", export) // It has run since.
}

// refused wants a command to fail and to say why.
func refused(t *testing.T, b *program.Bank, why string, args ...string) {
	t.Helper()
	_, complained, err := b.Try(t, args...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 || !strings.Contains(complained, why) {
		t.Errorf("farthing %v ended with %v: %s; want %q", args, err, complained, why)
	}
}
