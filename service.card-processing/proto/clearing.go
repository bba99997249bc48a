package cardprocessingproto

import "time"

// Where the admin door takes clearing files, and what comes after a file's digest.
const (
	ClearingFilesPath   = "/clearing/files/"
	ClearingPiecesPath  = "/pieces/"
	ClearingAdvancePath = "/advance"
	// DuePath is where it lists what merchants are still to collect.
	DuePath = "/clearing/due"
)

// PieceBytes is about how large the pieces are that a file is sent in: each of whole lines, and none larger than
// PieceBytesMax.
const (
	PieceBytes    = 64 << 10
	PieceBytesMax = 80 << 10
)

// Taking asks for a file to be taken, all of whose pieces were sent.
type Taking struct {
	Pieces int64 `json:"pieces"`
}

// ClearingReport is how far a clearing file has come, and what it has come to.
type ClearingReport struct {
	FileID       string      `json:"file_id"`
	Digest       string      `json:"digest"`
	BusinessDate string      `json:"business_date"`
	State        string      `json:"state"` // "posting", "reconciling" or "done".
	TakenAt      time.Time   `json:"taken_at"`
	Pieces       int         `json:"pieces"`
	PostedPieces int64       `json:"posted_pieces"`
	Records      int64       `json:"records"`
	Posted       int64       `json:"posted"`         // By this file.
	Already      int64       `json:"already_posted"` // Before, by another file or a message.
	Unmatched    int64       `json:"unmatched"`      // Of those posted, in the queue, and no break.
	Breaks       BreakCounts `json:"breaks"`
	List         []BreakView `json:"list"` // Of the breaks, the first thousand.
}

// BreakCounts is how many breaks there are of each kind.
type BreakCounts struct {
	Missing       int64 `json:"missing"`
	Duplicate     int64 `json:"duplicate"`
	WrongAmount   int64 `json:"wrong_amount"`
	WrongCurrency int64 `json:"wrong_currency"`
	Refused       int64 `json:"refused"`
}

// Total is all of them.
func (b BreakCounts) Total() int64 {
	return b.Missing + b.Duplicate + b.WrongAmount + b.WrongCurrency + b.Refused
}

// BreakView is where a file and the bank do not agree.
type BreakView struct {
	Kind            string  `json:"kind"`
	Line            int64   `json:"line,omitempty"` // 0 of what is missing.
	RecordID        string  `json:"record_id,omitempty"`
	AuthorisationID string  `json:"authorisation_id,omitempty"`
	Amount          *Amount `json:"amount"`
	UnmatchedID     string  `json:"unmatched_id,omitempty"`
	Detail          string  `json:"detail,omitempty"`
}

// breaksListed is enough to look at, and far below what a door answers.
const breaksListed = 1_000

// ReportOf is a file, and what became of it so far, as operators see it.
func ReportOf(f *ClearingFile, outcomes []*ClearingOutcome) ClearingReport {
	r := ClearingReport{
		FileID: f.GetFileId(), Digest: f.GetDigest(), BusinessDate: f.GetBusinessDate(),
		State: word(f.GetState().String(), "CLEARING_STATE_"), TakenAt: time.UnixMilli(f.GetTakenMs()).UTC(),
		Pieces: len(f.GetPieceLines()), PostedPieces: f.GetPostedPieces(), Records: f.GetRecords(),
		List: make([]BreakView, 0),
	}
	for _, o := range outcomes {
		r.Posted += o.GetPosted()
		r.Already += o.GetAlreadyPosted()
		r.Unmatched += o.GetUnmatched()
		for _, b := range o.GetBreaks() {
			r.Breaks.count(b.GetKind())
			if len(r.List) < breaksListed {
				r.List = append(r.List, BreakView{
					Kind: word(b.GetKind().String(), "BREAK_KIND_"), Line: b.GetLine(), RecordID: b.GetRecordId(),
					AuthorisationID: b.GetAuthorisationId(), Amount: AmountOf(b.GetAmount()), UnmatchedID: b.GetUnmatchedId(),
					Detail: b.GetDetail(),
				})
			}
		}
	}
	return r
}

func (b *BreakCounts) count(kind BreakKind) {
	switch kind {
	case BreakKind_BREAK_KIND_MISSING:
		b.Missing++
	case BreakKind_BREAK_KIND_DUPLICATE:
		b.Duplicate++
	case BreakKind_BREAK_KIND_WRONG_AMOUNT:
		b.WrongAmount++
	case BreakKind_BREAK_KIND_WRONG_CURRENCY:
		b.WrongCurrency++
	case BreakKind_BREAK_KIND_REFUSED, BreakKind_BREAK_KIND_UNSPECIFIED:
		b.Refused++
	}
}

// DuePage is some of what merchants are still to collect.
type DuePage struct {
	Due  []Due  `json:"due"`
	Next string `json:"next"` // To go on from; empty at the end.
}

// Due is an authorisation of which money is held and none was collected.
type Due struct {
	AuthorisationID string    `json:"authorisation_id"`
	CardID          string    `json:"card_id"`
	Amount          Amount    `json:"amount"`
	LocalAmount     *Amount   `json:"local_amount,omitempty"` // The merchant's, if it is known.
	Descriptor      string    `json:"descriptor"`
	MCC             string    `json:"mcc"`
	HeldAt          time.Time `json:"held_at"`
}
