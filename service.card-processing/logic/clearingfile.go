package logic

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// FileFormat is the version of the format of clearing files that docs/clearing-file.md describes.
const FileFormat = "farthing-clearing-1"

// Limits of a clearing file.
const (
	FileBytesMax   = 16 << 20
	FileRecordsMax = 50_000
	lineBytesMax   = 4 << 10
	fileIDMax      = 64
	// repeatedMax is how many records may be in a file twice. One with more was not made by a scheme.
	repeatedMax = 1_000
)

// The types of a line.
const (
	headerLine   = "header"
	clearingLine = "clearing"
	refundLine   = "refund"
	trailerLine  = "trailer"
)

// FileHeader is the first line of a clearing file.
type FileHeader struct {
	Type         string `json:"type"`
	Format       string `json:"format"`
	FileID       string `json:"file_id"`
	Scheme       string `json:"scheme"`
	BusinessDate string `json:"business_date"` // "2026-11-28".
}

// FileRecord is one collection or refund of a clearing file. The card is named by its id, never by its number.
type FileRecord struct {
	Type        string        `json:"type"`
	RecordID    string        `json:"record_id"`
	CardID      string        `json:"card_id"`
	Original    *FileOriginal `json:"original,omitempty"`
	Amount      *FileAmount   `json:"amount"`
	LocalAmount *FileAmount   `json:"local_amount,omitempty"`
	Descriptor  string        `json:"descriptor"`
	MCC         string        `json:"mcc,omitempty"`
	MoreFollows bool          `json:"more_follows,omitempty"`
}

// FileAmount is money in minor units.
type FileAmount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// FileOriginal names the authorisation, in exactly one of three ways.
type FileOriginal struct {
	AuthorisationID string       `json:"authorisation_id,omitempty"`
	ProcessorID     string       `json:"processor_id,omitempty"`
	Network         *FileNetwork `json:"network,omitempty"`
}

// FileNetwork is the network's ids of an authorisation.
type FileNetwork struct {
	AcquirerID    string    `json:"acquirer_id"`
	STAN          string    `json:"stan"`
	RRN           string    `json:"rrn"`
	TerminalID    string    `json:"terminal_id"`
	TransmittedAt time.Time `json:"transmitted_at"`
}

// FileTrailer is the last line: what came before it must come to.
type FileTrailer struct {
	Type    string      `json:"type"`
	Records int         `json:"records"`
	Totals  []FileTotal `json:"totals"` // By currency, in the order of their codes.
	SHA256  string      `json:"sha256"` // Of all bytes before this line, in hex.
}

// FileTotal is the sums of one currency, in minor units.
type FileTotal struct {
	Currency  string `json:"currency"`
	Clearings int64  `json:"clearings"`
	Refunds   int64  `json:"refunds"`
}

// Line is a record, and where in its file it stands, from 1.
type Line struct {
	Number int64
	FileRecord
}

// File is a clearing file that was found good.
type File struct {
	Header FileHeader
	Lines  []Line
	// The lines whose record's id came before in the file.
	Repeated []int64
}

// EncodeFile is a clearing file with these records. It fails only if a sum overflows.
func EncodeFile(header FileHeader, records []FileRecord) ([]byte, error) {
	header.Type, header.Format = headerLine, FileFormat
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(header)
	totals := make(sums)
	for _, r := range records {
		if err == nil {
			err = totals.add(r)
		}
		if err == nil {
			err = encoder.Encode(r)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("encoding a clearing file: %w", err)
	}
	err = encoder.Encode(FileTrailer{trailerLine, len(records), totals.list(), Digest(out.Bytes())})
	return out.Bytes(), err
}

// Digest is the SHA-256 of bytes, in hex.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// sums are the totals of each currency.
type sums map[string]FileTotal

var errOverflow = errors.New("the sum is too large")

func (s sums) add(r FileRecord) error {
	total := s[r.Amount.Currency]
	total.Currency = r.Amount.Currency
	to := &total.Clearings
	if r.Type == refundLine {
		to = &total.Refunds
	}
	if r.Amount.Minor > math.MaxInt64-*to {
		return errOverflow
	}
	*to += r.Amount.Minor
	s[total.Currency] = total
	return nil
}

func (s sums) list() []FileTotal {
	list := make([]FileTotal, 0, len(s))
	for _, currency := range slices.Sorted(maps.Keys(s)) {
		list = append(list, s[currency])
	}
	return list
}

// FollowUp is a record as a message of the scheme's.
func (r FileRecord) FollowUp() FollowUp {
	f := FollowUp{
		Message: &cardprocessingproto.Message{ProcessorId: r.RecordID, CardId: r.CardID}, Descriptor: r.Descriptor,
		MCC: r.MCC, MoreFollows: r.MoreFollows, Amount: r.Amount.proto(), LocalAmount: r.LocalAmount.proto(),
	}
	if r.Original == nil {
		return f
	}
	f.Original = &cardprocessingproto.Original{
		AuthorisationId: r.Original.AuthorisationID, ProcessorId: r.Original.ProcessorID,
	}
	if n := r.Original.Network; n != nil {
		f.Original.Network = &cardprocessingproto.NetworkIDs{
			AcquirerId: n.AcquirerID, Stan: n.STAN, Rrn: n.RRN, TerminalId: n.TerminalID,
			TransmittedMs: n.TransmittedAt.UnixMilli(),
		}
	}
	return f
}

// IsRefund tells a refund from a collection.
func (r FileRecord) IsRefund() bool { return r.Type == refundLine }

func (a *FileAmount) proto() *moneyproto.Money {
	if a == nil {
		return nil
	}
	return &moneyproto.Money{Minor: a.Minor, Currency: a.Currency}
}

// Collection is a record that collects.
func Collection(r FileRecord) FileRecord {
	r.Type = clearingLine
	return r
}
