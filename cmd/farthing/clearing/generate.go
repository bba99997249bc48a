package clearing

import (
	"fmt"
	"time"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Breaks are mistakes to plant into a file, so many of each kind.
type Breaks struct {
	Missing       int // Left out.
	Duplicate     int // Collected once more, under another record's id.
	WrongAmount   int // Twice what was authorised.
	WrongCurrency int
	UnknownCard   int
}

// Total is all of them.
func (b Breaks) Total() int {
	return b.Missing + b.Duplicate + b.WrongAmount + b.WrongCurrency + b.UnknownCard
}

// Generate is the file that a card scheme would send for what is due on a day: each authorisation that was made before
// its end, collected exactly. The breaks are planted into its first records, each into one of its own. Records are
// named after the file and counted.
func Generate(fileID, date string, due []cardprocessingproto.Due, planted Breaks) ([]byte, error) {
	ends, err := logic.EndOf(date)
	if err != nil {
		return nil, err
	}
	var records []logic.FileRecord
	for _, d := range due {
		if d.HeldAt.Before(ends) {
			records = append(records, recordOf(d))
		}
	}
	if planted.Total() > len(records) {
		return nil, fmt.Errorf("there are %d authorisations due, too few for %d breaks", len(records), planted.Total())
	}
	records = plant(records, planted)
	for i := range records {
		records[i].RecordID = fmt.Sprintf("%s-%06d", fileID, i+1)
	}
	return logic.EncodeFile(logic.FileHeader{FileID: fileID, Scheme: logic.Scheme, BusinessDate: date}, records)
}

func recordOf(d cardprocessingproto.Due) logic.FileRecord {
	r := logic.Collection(logic.FileRecord{
		CardID: d.CardID, Original: &logic.FileOriginal{AuthorisationID: d.AuthorisationID},
		Amount:     &logic.FileAmount{Minor: d.Amount.Minor, Currency: d.Amount.Currency},
		Descriptor: d.Descriptor, MCC: d.MCC,
	})
	if d.LocalAmount != nil {
		r.LocalAmount = &logic.FileAmount{Minor: d.LocalAmount.Minor, Currency: d.LocalAmount.Currency}
	}
	return r
}

// nobodysCard is well-formed and nobody's.
const nobodysCard = "card_0000000000000000000000"

func plant(records []logic.FileRecord, b Breaks) []logic.FileRecord {
	records = records[b.Missing:]
	next := 0
	for _, spoil := range []struct {
		times int
		with  func(*logic.FileRecord)
	}{
		{b.Duplicate, func(r *logic.FileRecord) { records = append(records, *r) }},
		{b.WrongAmount, func(r *logic.FileRecord) { r.Amount.Minor *= 2; r.LocalAmount = nil }},
		{b.WrongCurrency, func(r *logic.FileRecord) { r.Amount.Currency = otherThan(r.Amount.Currency) }},
		{b.UnknownCard, func(r *logic.FileRecord) { r.CardID, r.Original = nobodysCard, nil }},
	} {
		for range spoil.times {
			spoil.with(&records[next])
			next++
		}
	}
	return records
}

func otherThan(currency string) string {
	if currency == "EUR" {
		return "GBP"
	}
	return "EUR"
}

// FileID is an id for a file of a day that nobody has made yet.
func FileID(date string, now time.Time) string {
	return fmt.Sprintf("%s-%s-%s", logic.Scheme, date, now.UTC().Format("150405.000"))
}
