package shapes

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func settlementTests() []test {
	return []test{
		{"a clearing file is taken once, and its breaks are reported and decided", settles},
		{"a dispute is opened, credited and lost, and another won", disputes},
	}
}

// clearingFile is what the scheme sends of three payments: one as it was and once more, one of twice its amount, one in
// another currency; and something of a card that is nobody's.
func (s *suite) clearingFile(t *testing.T, fileID string) string {
	t.Helper()
	const noCard = "card_0000000000000000000000"
	var records []logic.FileRecord
	record := func(authorisation, card, currency string, minor int64) {
		r := logic.Collection(logic.FileRecord{
			RecordID: fmt.Sprintf("%s-%d", fileID, len(records)), CardID: card, Descriptor: "KIOSK ON THE MOON",
			Amount: &logic.FileAmount{Minor: minor, Currency: currency},
		})
		if authorisation != "" {
			r.Original = &logic.FileOriginal{AuthorisationID: authorisation}
		}
		records = append(records, r)
	}
	card := s.Facts().CardID
	for i, minor := range []int64{3_00, 4_00, 5_00} {
		paid := s.swipe(t, fmt.Sprintf("%d.00", minor/100))
		switch i {
		case 0:
			record(paid.AuthorisationID, card, "GBP", minor)
			record(paid.AuthorisationID, card, "GBP", minor)
		case 1:
			record(paid.AuthorisationID, card, "GBP", 2*minor)
		default:
			record(paid.AuthorisationID, card, "EUR", minor)
		}
	}
	record("", noCard, "GBP", 6_00)
	header := logic.FileHeader{
		FileID: fileID, Scheme: logic.Scheme, BusinessDate: clock.Real{}.Now().UTC().Format(time.DateOnly),
	}
	file, err := logic.EncodeFile(header, records)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), fileID)
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// ingest takes a file that has breaks.
func (s *suite) ingest(t *testing.T, name string) cardprocessingproto.ClearingReport {
	t.Helper()
	printed, _, err := s.Try(t, "clearing", "ingest", name, "-o", "json")
	if exitOf(err) != exitFailed {
		t.Fatalf("a file with breaks ends with %v: %s", err, printed)
	}
	var report cardprocessingproto.ClearingReport
	decode(t, printed, &report)
	return report
}

func settles(t *testing.T, s *suite) {
	before := s.balance(t)
	file := s.clearingFile(t, "shapes-1")
	var first cardprocessingproto.ClearingReport
	for n := range 2 { // Again it is the same.
		report := s.ingest(t, file)
		b := report.Breaks
		if report.State != "done" || report.Posted != 5 || report.Unmatched != 1 || b.Duplicate != 1 || b.WrongAmount != 1 ||
			b.WrongCurrency != 1 || b.Refused != 0 || n > 0 && report.TakenAt != first.TakenAt {
			t.Errorf("the %d. time it came to %+v", n+1, report)
		}
		first = report
	}
	if got := before - s.balance(t); got != 3_00+8_00+5_00 {
		t.Errorf("%d are gone", got)
	}
	if _, complained, err := s.Try(t, "clearing", "ingest", s.clearingFile(t, "shapes-1")); exitOf(err) != exitFailed {
		t.Errorf("another file under the same id ends with %v: %s", err, complained)
	}
	var open []cardprocessingproto.UnmatchedView
	decode(t, s.Run(t, "unmatched", "list", "-o", "json"), &open)
	for _, u := range open {
		s.Run(t, "unmatched", "resolve", u.ID, "return", "--by", "olive", "-o", "json")
	}
	if left := s.Run(t, "unmatched", "list", "-o", "json"); left != "[]\n" || len(open) < 4 {
		t.Errorf("of %d that were unmatched %s are left", len(open), left)
	}
	made := filepath.Join(t.TempDir(), "made")
	if said := s.Run(t, "clearing", "generate", made, "-o", "json"); !json.Valid([]byte(said)) {
		t.Errorf("generate prints %q", said)
	}
}

func disputes(t *testing.T, s *suite) {
	for _, c := range []struct {
		ends string
		back int64
	}{{"lost", 0}, {"won", 6_00}} {
		before := s.balance(t)
		paid := s.swipe(t, "9.00")
		s.message(t, "/clearings", "collected-"+c.ends,
			fmt.Sprintf(`"original":{"authorisation_id":%q},`, paid.AuthorisationID)+fmt.Sprintf(pence, 9_00)+hotel)
		for _, step := range [][]string{
			{"open", paid.TransactionID, "6", "--reason", "not_received", "--id", "first"}, {"credit", paid.TransactionID},
			{c.ends, paid.TransactionID},
		} {
			for range 2 {
				s.Run(t, append(append([]string{"dispute"}, step...), "--by", "olive", "-o", "json")...)
			}
		}
		if got := before - s.balance(t); got != 9_00-c.back {
			t.Errorf("of a dispute that was %s %d are gone", c.ends, got)
		}
		var seen struct{ Transaction struct{ Dispute string } }
		s.Get(t, "/transactions/"+paid.TransactionID, &seen)
		if seen.Transaction.Dispute != c.ends {
			t.Errorf("the customer sees %+v, want %s", seen, c.ends)
		}
	}
	var closed []cardprocessingproto.DisputeView
	decode(t, s.Run(t, "dispute", "list", "--closed", "-o", "json"), &closed)
	if len(closed) != 2 || closed[0].Status != "won" {
		t.Errorf("those that are decided are %+v", closed)
	}
}
