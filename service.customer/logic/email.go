package logic

import (
	"net/mail"
	"strings"

	"farthing/pkg/errs"
)

// emailMax is what a mail server takes (RFC 5321).
const emailMax = 254

// CheckEmail takes somebody@host.domain, and fails with bad_request, naming the field, on anything else. Whether it is
// anybody's only a message can tell.
func CheckEmail(field, value string) error {
	if err := checkLine(field, value, emailMax); err != nil {
		return err
	}
	address, err := mail.ParseAddress(value)
	_, host, _ := strings.Cut(value, "@")
	if err != nil || address.Address != value || !strings.Contains(strings.Trim(host, "."), ".") {
		return errs.BadParam(field, "must be an email address such as somebody@example.com")
	}
	return nil
}
