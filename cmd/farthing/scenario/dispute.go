package scenario

import (
	"context"
	"net/http"
	"net/url"

	cardprocessingproto "farthing/service.card-processing/proto"
)

// Dispute is a step of the dispute of a payment.
type Dispute struct {
	Of     string `yaml:"of"`
	Step   string `yaml:"step"`   // "open", "credit", "won" or "lost".
	Amount Pounds `yaml:"amount"` // Of "open"; all that was collected if it is left out.
	Reason string `yaml:"reason"`
}

// String is it in a line.
func (d *Dispute) String() string { return "dispute " + d.Of + ": " + d.Step }

func (d *Dispute) do(ctx context.Context, p *play) (answer, error) {
	of, err := p.named(d.Of)
	if err != nil {
		return answer{}, err
	}
	path, body := disputePath(of)+"/"+d.Step, any(cardprocessingproto.Step{By: teller})
	if d.Step == "open" {
		path, body = cardprocessingproto.DisputesPath, d.opening(p, of)
	}
	var found cardprocessingproto.DisputeView
	if err := p.admin(ctx, http.MethodPost, path, body, &found); err != nil {
		return answer{of: of}, err
	}
	shown := *of
	if id := found.Steps[len(found.Steps)-1].TransactionID; id != "" { // The money that moved.
		shown.transactionID = id
	}
	return answer{of: &shown, outcome: found.Status}, nil
}

func (d *Dispute) opening(p *play, of *payment) cardprocessingproto.Opening {
	opening := cardprocessingproto.Opening{
		TransactionID: of.transactionID, Reason: d.Reason, DedupeID: p.nextID(), By: teller,
	}
	if d.Amount != 0 {
		opening.Amount = &cardprocessingproto.Amount{Minor: int64(d.Amount), Currency: currency}
	}
	return opening
}

func disputePath(of *payment) string {
	return cardprocessingproto.DisputesPath + "/" + url.PathEscape(of.transactionID)
}
