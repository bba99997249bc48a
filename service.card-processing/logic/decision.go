package logic

import (
	"strings"

	"farthing/pkg/errs"
	cardprocessingproto "farthing/service.card-processing/proto"
)

const (
	byMax   = 64
	noteMax = 500
)

// CheckDecision refuses what no operator can decide, naming the field and the rule, and answers what is decided.
func CheckDecision(d cardprocessingproto.Decision) (cardprocessingproto.ResolutionKind, error) {
	kind, known := cardprocessingproto.ResolutionKind_value["RESOLUTION_KIND_"+strings.ToUpper(d.Kind)]
	if !known || kind == 0 || d.Kind != strings.ToLower(d.Kind) {
		return 0, errs.BadParam("kind", "must be accepted, attached, returned or written_off")
	}
	if err := checkText("by", d.By, byMax); err != nil {
		return 0, err
	}
	if d.Note != "" {
		if err := checkText("note", d.Note, noteMax); err != nil {
			return 0, err
		}
	}
	decided := cardprocessingproto.ResolutionKind(kind)
	if decided != Attached && d.TransactionID+d.AuthorisationID != "" {
		return 0, errs.BadParam("transaction_id", "is for what is attached")
	}
	return decided, nil
}
