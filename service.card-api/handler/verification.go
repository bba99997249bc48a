package handler

import (
	"farthing/pkg/errs"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// verification is what others have found of what was presented with the card: results, never the secrets.
type verification struct {
	Expiry     string `json:"expiry"`     // As it was sent: "2029-11".
	CVV        string `json:"cvv"`        // "match", "no_match" or "not_checked".
	Cryptogram string `json:"cryptogram"` // Likewise.
	Address    string `json:"address"`    // Likewise.
	PIN        string `json:"pin"`        // "verified", "wrong", "not_tried" or "tries_exceeded".
}

func verificationOf(sent *verification) (*cardprocessingproto.Verification, error) {
	if sent == nil {
		return nil, nil //nolint:nilnil // Nobody has verified anything.
	}
	v := &cardprocessingproto.Verification{Expiry: sent.Expiry}
	for _, each := range []struct {
		field, word string
		into        *cardprocessingproto.CheckResult
	}{{"cvv", sent.CVV, &v.Cvv}, {"cryptogram", sent.Cryptogram, &v.Cryptogram}, {"address", sent.Address, &v.Address}} {
		number, ok := numberOf(each.word, "CHECK_RESULT_", cardprocessingproto.CheckResult_value)
		if !ok {
			return nil, errs.BadParam("verification."+each.field, "must be match, no_match or not_checked")
		}
		*each.into = cardprocessingproto.CheckResult(number)
	}
	number, ok := numberOf(sent.PIN, "PIN_RESULT_", cardprocessingproto.PINResult_value)
	if !ok {
		return nil, errs.BadParam("verification.pin", "must be verified, wrong, not_tried or tries_exceeded")
	}
	v.Pin = cardprocessingproto.PINResult(number)
	return v, nil
}
