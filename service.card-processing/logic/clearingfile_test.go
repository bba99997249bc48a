package logic_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/service.card-processing/logic"
)

var (
	header   = logic.FileHeader{FileID: "file-1", Scheme: logic.Scheme, BusinessDate: "2026-11-28"}
	fileTime = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
)

const aCard = "card_00008zIcpb1TB4yeIFXMzx"

func record(id string, minor int64) logic.FileRecord {
	return logic.Collection(logic.FileRecord{
		RecordID: id, CardID: aCard, Amount: &logic.FileAmount{Minor: minor, Currency: "GBP"}, Descriptor: "M&S",
		MCC: "5411",
	})
}

func encoded(t testing.TB, records ...logic.FileRecord) []byte {
	t.Helper()
	file, err := logic.EncodeFile(header, records)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Any records come out of a file as they went into it, by whole and by pieces.
func TestAFileHasWhatWasPutIntoIt(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z*&"\\ é]{0,20}[A-Z]`)
	amounts := rapid.Custom(func(t *rapid.T) *logic.FileAmount {
		return &logic.FileAmount{
			Minor:    rapid.Int64Range(1, 1_000_000_00).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"GBP", "EUR", "JPY"}).Draw(t, "currency"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		records := make([]logic.FileRecord, rapid.IntRange(0, 20).Draw(t, "records"))
		for i := range records {
			records[i] = logic.FileRecord{
				Type:     rapid.SampledFrom([]string{"clearing", "refund"}).Draw(t, "type"),
				RecordID: text.Draw(t, "id"), CardID: aCard, Amount: amounts.Draw(t, "amount"),
				Descriptor: text.Draw(t, "descriptor"), MoreFollows: rapid.Bool().Draw(t, "more"),
			}
			if rapid.Bool().Draw(t, "network") {
				records[i].Original = &logic.FileOriginal{Network: &logic.FileNetwork{
					AcquirerID: "1", STAN: "2", RRN: "3", TerminalID: "4", TransmittedAt: fileTime,
				}}
			}
		}
		file, err := logic.EncodeFile(header, records)
		if err != nil {
			t.Fatal(err)
		}
		read, err := logic.DecodeFile(file, fileTime)
		if err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		if len(read.Lines) != len(records) || read.Header.FileID != header.FileID {
			t.Fatalf("it has %d records, want %d", len(read.Lines), len(records))
		}
		for i, line := range read.Lines {
			if diff := cmp.Diff(records[i], line.FileRecord); diff != "" || line.Number != int64(i+2) {
				t.Fatalf("line %d: %s", line.Number, diff)
			}
		}
		wantPieces(t, file, read.Lines)
	})
}

// wantPieces cuts a file somewhere between two lines.
func wantPieces(t *rapid.T, file []byte, want []logic.Line) {
	cut := bytes.IndexByte(file, '\n') + 1
	for range rapid.IntRange(0, len(want)).Draw(t, "cut") {
		cut += bytes.IndexByte(file[cut:], '\n') + 1
	}
	first, err := logic.DecodeLines(file[:cut], 1, fileTime)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := logic.DecodeLines(file[cut:], int64(bytes.Count(file[:cut], []byte("\n")))+1, fileTime)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Concat(first, rest); len(got) != len(want) || !cmp.Equal(got, want) && len(want) > 0 {
		t.Fatalf("in pieces it is %v, want %v", got, want)
	}
}

func TestWhatIsWrongWithAFileIsSaidByLineAndField(t *testing.T) {
	good := string(encoded(t, record("r1", 3_50), record("r2", 4_00)))
	lines := strings.SplitAfter(good, "\n")
	with := func(old, changed string) string { return strings.Replace(good, old, changed, 1) }
	for name, c := range map[string]struct{ text, says string }{
		"nothing":                    {"", "Line 1 is missing: the file is empty"},
		"a cut":                      {good[:len(good)-3], "Line 4 does not end: the file is cut off"},
		"no trailer":                 {strings.Join(lines[:3], ""), "Line 4 must be the trailer: the file is cut off"},
		"no header":                  {strings.Join(lines[1:], ""), "Line 1: the field 'type' must be header on"},
		"two headers":                {lines[0] + good, "Line 2: the field 'type' must be header on the first line"},
		"something behind":           {good + lines[1], "Line 5 is behind the trailer"},
		"no JSON":                    {with(`{"type":"clearing"`, `{"type":"clearing`), "Line 2 is not a JSON object"},
		"a type that there is none":  {with(`"clearing"`, `"gift"`), "Line 2: the field 'type' must be header,"},
		"a field that there is none": {with(`"card_id"`, `"card_number"`), "Line 2: the field 'card_number' is none"},
		"text for a number":          {with(`350`, `"350"`), "Line 2: the field 'amount.minor' must be a int64"},
		"a fraction":                 {with(`350`, `3.50`), "Line 2: the field 'amount.minor' must be a int64"},
		"nothing collected":          {with(`350`, `0`), "Line 2: the field 'amount.minor' must be more than zero"},
		"no currency":                {with(`GBP`, `XQZ`), "Line 2: the field 'amount.currency' must be an ISO 4217"},
		"no record id":               {with(`"r1"`, `""`), "Line 2: the field 'record_id' must be 1 to 64"},
		"a number for a card":        {with(aCard, "4111111111111111"), "Line 2: the field 'card_id' must be an id"},
		"no descriptor":              {with(`M&S`, ``), "Line 2: the field 'descriptor' is missing"},
		"no trade":                   {with(`5411`, `54`), "Line 2: the field 'mcc' must be four digits"},
		"another format":             {with(logic.FileFormat, "other-1"), "Line 1: the field 'format' must be"},
		"another scheme":             {with(logic.Scheme, "visa"), "Line 1: the field 'scheme' must be"},
		"no date":                    {with("2026-11-28", "28.11.2026"), "Line 1: the field 'business_date' must be a date"},
		"another count":              {with(`"records":2`, `"records":3`), "Line 4: the field 'records' must be 2"},
		"other sums":                 {with(`"clearings":750`, `"clearings":751`), "Line 4: the field 'totals' must be"},
		"a change":                   {with(`M&S`, `M&T`), "Line 4: the field 'sha256' is not that of the lines before"},
	} {
		_, err := logic.DecodeFile([]byte(c.text), fileTime)
		if coded := errs.Of(err); coded.Code != "bad_request.bad_file" || !strings.HasPrefix(coded.Message, c.says) {
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "4111111111111111") {
			t.Errorf("%s: it quotes a card's number", name)
		}
	}
}

func TestARecordThatComesTwiceIsNoReasonToRefuseAFile(t *testing.T) {
	read, err := logic.DecodeFile(encoded(t, record("r1", 1), record("r2", 2), record("r1", 1)), fileTime)
	if err != nil || !slices.Equal(read.Repeated, []int64{4}) {
		t.Errorf("%v, repeated in lines %v", err, read.Repeated)
	}
}

// FuzzDecodeFile: whatever comes, it is refused as a bad file, or is one that says the same when it is written again.
func FuzzDecodeFile(f *testing.F) {
	f.Add(encoded(f, record("r1", 3_50), record("r2", 4_00)))
	f.Add(encoded(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := logic.DecodeFile(text, fileTime)
		if err != nil {
			if !errs.Is(err, "bad_request.bad_file") {
				t.Fatal(err)
			}
			return
		}
		records := make([]logic.FileRecord, len(read.Lines))
		for i, line := range read.Lines {
			records[i] = line.FileRecord
		}
		again, err := logic.EncodeFile(read.Header, records)
		if err != nil {
			t.Fatal(err)
		}
		back, err := logic.DecodeFile(again, fileTime)
		if err != nil {
			t.Fatalf("%v in\n%s", err, again)
		}
		if diff := cmp.Diff(read.Lines, back.Lines); diff != "" {
			t.Error(diff)
		}
	})
}
