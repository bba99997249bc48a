package settlement

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"farthing/cmd/farthing/clearing"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// ask is the operator's door, as the command asks it.
func (d *desk) ask(t testing.TB) clearing.Ask {
	return func(ctx context.Context, method, path string, body, into any) error {
		sent, raw := body.([]byte)
		if !raw && body != nil {
			var err error
			if sent, err = json.Marshal(body); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := d.Ask(ctx, foundation.Admin, method, path, sent)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusOK {
			var said struct{ Code, Message string }
			if err := json.Unmarshal(answer.Body, &said); err != nil {
				t.Fatalf("%s %s was answered %s", method, path, answer.Body)
			}
			return errs.New(said.Code, said.Message)
		}
		return json.Unmarshal(answer.Body, into)
	}
}

const day = "2000-01-01" // Worlds begin on it.

// spend has the customer buy things, and lets a minute pass, from which on they are due.
func (d *desk) spend(t testing.TB, minors ...int64) {
	t.Helper()
	for i, minor := range minors {
		d.shop(t, fmt.Sprint("bought", i), fmt.Sprint("SHOP ", string(rune('A'+i))), minor)
	}
	d.Pass(t, 2*time.Minute)
}

func (d *desk) generate(t testing.TB, fileID string, planted clearing.Breaks) []byte {
	t.Helper()
	due, err := clearing.Due(t.Context(), d.ask(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := clearing.Generate(fileID, day, due, planted)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (d *desk) ingest(t testing.TB, file []byte) (cardprocessingproto.ClearingReport, error) {
	t.Helper()
	return clearing.Ingest(t.Context(), d.ask(t), file, func(cardprocessingproto.ClearingReport) {})
}

// mustIngest repeats it as an operator would.
func (d *desk) mustIngest(t testing.TB, file []byte) cardprocessingproto.ClearingReport {
	t.Helper()
	var err error
	for range insisted {
		var report cardprocessingproto.ClearingReport
		if report, err = d.ingest(t, file); err == nil {
			return report
		}
		d.Pass(t, pause)
	}
	t.Fatalf("ingesting: %v", err)
	return cardprocessingproto.ClearingReport{}
}

func TestAClearingFileCollectsWhatIsDueOnceHoweverOftenItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.spend(t, 3_00, 4_00, 5_00)
		file := d.generate(t, "first", clearing.Breaks{})
		first := d.mustIngest(t, file)
		if first.Posted != 3 || first.Breaks.Total() != 0 || first.Unmatched != 0 || first.State != "done" {
			t.Errorf("it came to %+v", first)
		}
		if again := d.mustIngest(t, file); again.Posted != 3 || again.TakenAt != first.TakenAt {
			t.Errorf("again it came to %+v", again)
		}
		if held, spent := d.has(t); held != 0 || spent != 12_00 {
			t.Errorf("%d are held and %d spent", held, spent)
		}
		if _, err := d.ingest(t, d.generate(t, "first", clearing.Breaks{})); !errs.Is(err, "conflict.file_id") {
			t.Errorf("another file under the same id: %v", err)
		}
		d.WantSound(t)
	})
}

func TestEveryPlantedBreakIsReportedAndLosesNoMoney(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.spend(t, 1_00, 2_00, 3_00, 4_00, 5_00, 6_00)
		planted := clearing.Breaks{Missing: 1, Duplicate: 1, WrongAmount: 1, WrongCurrency: 1, UnknownCard: 1}
		report := d.mustIngest(t, d.generate(t, "broken", planted))
		// The authorisation of which the file has nobody's card instead is missing, too.
		want := cardprocessingproto.BreakCounts{Missing: 2, Duplicate: 1, WrongAmount: 1, WrongCurrency: 1}
		if report.Breaks != want || report.Unmatched != 1 || report.Posted != 6 {
			t.Errorf("it came to %+v, want %+v", report, want)
		}
		if open := d.queue(t, "open"); len(open) != 4 {
			t.Errorf("%d things are to be looked at: %+v", len(open), open)
		}
		d.WantSound(t)
	})
}

func TestARecordOfAnotherFileIsPostedAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.spend(t, 3_00)
		due, err := clearing.Due(t.Context(), d.ask(t))
		if err != nil {
			t.Fatal(err)
		}
		file, err := clearing.Generate("one", day, due, clearing.Breaks{})
		if err != nil {
			t.Fatal(err)
		}
		d.mustIngest(t, file)
		// The same record under another file's id.
		other := reissued(t, file, "two")
		if report := d.mustIngest(t, other); report.Already != 1 || report.Posted != 0 || report.Breaks.Total() != 0 {
			t.Errorf("it came to %+v", report)
		}
		if held, spent := d.has(t); held != 0 || spent != 3_00 {
			t.Errorf("%d are held and %d spent", held, spent)
		}
	})
}

func TestAFileThatIsWrongIsRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.spend(t, 3_00, 4_00)
		file := d.generate(t, "wrong", clearing.Breaks{})
		spoilt := append([]byte{}, file...)
		spoilt[len(spoilt)/2] ^= 1
		if _, err := d.ingest(t, spoilt); !errs.Is(err, "bad_request.bad_file") {
			t.Errorf("it was answered %v", err)
		}
		if held, spent := d.has(t); held != 7_00 || spent != 0 {
			t.Errorf("%d are held and %d spent", held, spent)
		}
		if report := d.mustIngest(t, file); report.Posted != 2 { // Its id is still to be had.
			t.Errorf("the good one came to %+v", report)
		}
	})
}

// The stores crash at each single write of an ingest, which is then repeated: each record is posted once, and the
// report is the same.
func TestAnIngestGoesOnAfterACrashAtEachWrite(t *testing.T) {
	planted := clearing.Breaks{Missing: 1, Duplicate: 1, WrongCurrency: 1}
	for _, done := range []bool{false, true} {
		t.Run(fmt.Sprint("the write was done: ", done), func(t *testing.T) {
			t.Parallel()
			n := 0
			for crashed := true; crashed; n += everyNth(t) {
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t)
					d.spend(t, 1_00, 2_00, 3_00, 4_00)
					file := d.generate(t, "crashing", planted)
					d.crashes.Arm(n, done)
					_, _ = d.ingest(t, file)
					crashed = d.crashes.Restart()
					report := d.mustIngest(t, file)
					want := cardprocessingproto.BreakCounts{Missing: 1, Duplicate: 1, WrongCurrency: 1}
					if report.Breaks != want || report.Posted != 4 || report.Already != 0 {
						t.Errorf("after a crash at %d it came to %+v", n, report)
					}
					left := int64(0) // Of these nothing was collected.
					for _, b := range report.List {
						if b.Kind == "missing" || b.Kind == "wrong_currency" {
							left += b.Amount.Minor
						}
					}
					if held, spent := d.has(t); held != left || spent != 10_00-left {
						t.Errorf("after a crash at %d %d are held and %d spent", n, held, spent)
					}
					d.WantSound(t)
				})
			}
			if n < 20 {
				t.Errorf("only %d writes crashed: it proves little", n)
			}
		})
	}
}

// A file whose sender dies is posted to its end by the bank itself.
func TestAFileThatWasLeftBehindIsDoneByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.spend(t, 3_00)
		file := d.generate(t, "left", clearing.Breaks{})
		sent := 0
		ask := d.ask(t)
		_, err := clearing.Ingest(t.Context(), func(ctx context.Context, method, path string, body, into any) error {
			if sent++; sent > 2 { // The piece, and the taking.
				return context.Canceled
			}
			return ask(ctx, method, path, body, into)
		}, file, func(cardprocessingproto.ClearingReport) {})
		if err == nil {
			t.Fatal("it was not left behind")
		}
		d.Pass(t, 2*time.Minute)
		if held, spent := d.has(t); held != 0 || spent != 3_00 {
			t.Errorf("%d are held and %d spent", held, spent)
		}
	})
}

// reissued is a file's records in a file of another id.
func reissued(t testing.TB, file []byte, fileID string) []byte {
	t.Helper()
	read, err := logic.DecodeFile(file, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	records := make([]logic.FileRecord, len(read.Lines))
	for i, line := range read.Lines {
		records[i] = line.FileRecord
	}
	read.Header.FileID = fileID
	again, err := logic.EncodeFile(read.Header, records)
	if err != nil {
		t.Fatal(err)
	}
	return again
}
