package caller

import "farthing/pkg/errs"

// Hide answers for a thing that lies on an account: if there is no such account, or it is not the caller's, then there
// is no such thing either. Hide(err, "card") is not_found.card, the very error of a card that does not exist.
func Hide(err error, kind string) error {
	if errs.Is(err, errs.NotFound) {
		return errs.Missing(kind)
	}
	return err
}
