package door

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	customerproto "farthing/service.customer/proto"
)

// asking is what somebody asks for at the door, who may be anybody.
type asking string

// What is counted. The words are hashed into what is stored.
const (
	asksForLink    asking = ""
	asksForAccount asking = "sign-up "
)

// count counts who asks for something: rate_limited if it is too often for that e-mail, or from that part of the
// network, whether there is such a customer or not.
func (d *Door) count(req edge.Request, what asking, email string) error {
	now := d.Real.Now()
	window := now.Truncate(logic.AskingWindow)
	for _, each := range []struct {
		what, who string
		limit     int64
	}{
		{"address", logic.NeighbourhoodOf(req.Remote()), d.Limits.PerAddress},
		{"email", customerproto.NormalEmail(email), d.Limits.PerEmail}, // However it is spelt: the mail goes to one person.
	} {
		who := d.Keys.Index([]byte(string(what) + each.what + " " + each.who))
		within, err := d.Logins.Asking(req.Context(), who, window, each.limit)
		if err != nil {
			return err
		}
		if !within {
			d.Metrics.askedFor(what).WithLabelValues("limited_by_" + each.what).Inc()
			return tooOften(what, window.Add(logic.AskingWindow).Sub(now))
		}
	}
	return nil
}

func tooOften(what asking, left time.Duration) error {
	err := errs.New(errs.RateLimited+".login", "Too many links were asked for")
	if what == asksForAccount {
		err = errs.New(errs.RateLimited+".sign_up", "Too many applications were sent")
	}
	seconds := int64((left + time.Second - 1) / time.Second)
	return err.With(edge.RetryAfterParam, fmt.Sprint(seconds))
}

// askedFor counts what became of what was asked for.
func (m *Metrics) askedFor(what asking) *prometheus.CounterVec {
	if what == asksForAccount {
		return m.applied
	}
	return m.asked
}
