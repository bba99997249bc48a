package issuer

import (
	"cmp"
	"context"
	"strings"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// present answers 0200 and 0220: a merchant collects or refunds. A 0200 that collects is its own authorisation, by
// whose ids it can be reversed; a 0220 has happened, so it is collected whether it was authorised or not.
func (i *Issuer) present(ctx context.Context, m iso8583.Message, advice bool) (result, error) {
	s := &sheet{Message: m, clock: i.Clock}
	takes, _ := s.use().takes()
	switch {
	case s.use() == refund:
		return i.refund(ctx, s)
	case s.use().asks() && !advice:
		return i.inquire(ctx, s)
	case !takes, !advice && m.Has(iso8583.OriginalDataElements):
		return result{}, s.unsupported()
	case !advice:
		return i.sell(ctx, s)
	}
	asked := s.movement()
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.Clear(ctx, asked))
}

// movement is what a merchant collects, or is to be sent back, which says the same of itself.
func (s *sheet) movement() *cardprocessingproto.ClearRequest {
	message, original := s.about()
	billing, local := s.amounts()
	return &cardprocessingproto.ClearRequest{
		Message: message, Original: original, Amount: billing, LocalAmount: local, ConversionRate: s.rate(),
		Descriptor_: s.descriptor(), Mcc: s.Get(iso8583.MerchantType), MoreFollows: s.indicates(moreFollows),
	}
}

// unsupported is why a message is not carried out that is good as far as it was read.
func (s *sheet) unsupported() error {
	if s.err != nil {
		return s.err
	}
	return &refusal{iso8583.NotSupported}
}

// sell authorises and collects at once. A reversal may come in between, so it is collected only from what is held.
// Of one that ends in between nobody was told; its repeat goes on, its reversal gives the hold back.
func (i *Issuer) sell(ctx context.Context, s *sheet) (result, error) {
	asked, err := s.authorisation()
	if err != nil {
		return result{}, err
	}
	done, err := i.ask(ctx, asked)
	switch {
	case err != nil || done.declined != "":
		return done, err
	case done.stoodIn: // There is nothing to collect from yet, and nobody to ask.
		return result{}, errs.New(errs.OutcomeUnknown, "The payment is not in the ledger yet")
	}
	collected := &cardprocessingproto.ClearRequest{
		Message: &cardprocessingproto.Message{
			Network: asked.GetNetwork(), CardNumber: asked.GetCardNumber(), CardId: asked.GetCardId(),
		},
		Original: &cardprocessingproto.Original{Network: asked.GetNetwork()},
		Amount:   asked.GetAmount(), LocalAmount: asked.GetLocalAmount(), ConversionRate: asked.GetConversionRate(),
		Descriptor_: asked.GetDescriptor_(), Mcc: asked.GetMcc(), OnlyHeld: true,
	}
	if done.approved != nil {
		collected.Amount, collected.LocalAmount, collected.ConversionRate = done.approved, nil, ""
	}
	rsp, err := i.Processing.Clear(ctx, collected)
	if err != nil {
		return result{}, err
	}
	if done.declined = rsp.GetEvent().GetDeclineReason(); done.declined != "" {
		done.asked, done.approved, done.balance, done.cashback = nil, nil, nil, nil
	}
	return done, nil
}

// reverse answers 0400 and 0420: an authorisation is given up, in whole or in part. What a 0200 has collected is sent
// back. A 0220 is no authorisation: nothing is known by its ids that could be given up.
func (i *Issuer) reverse(ctx context.Context, m iso8583.Message) (result, error) {
	s := &sheet{Message: m, clock: i.Clock}
	s.required(iso8583.OriginalDataElements)
	if s.use() == refund {
		return i.reverseRefund(ctx, s)
	}
	message, original := s.about()
	givenUp := s.givenUp()
	of := m.Get(iso8583.OriginalDataElements)
	if takes, _ := s.use().takes(); s.err == nil && (!takes || strings.HasPrefix(of, "022")) {
		s.err = &refusal{iso8583.NotSupported}
	}
	if s.err != nil {
		return result{}, s.err
	}
	rsp, err := i.Processing.Reverse(ctx, &cardprocessingproto.ReverseRequest{
		Message: message, Original: original, Amount: givenUp,
	})
	done, err := followed(rsp, err)
	if err != nil || !strings.HasPrefix(of, "020") {
		return done, err
	}
	return done, i.sendBack(ctx, s, rsp, givenUp)
}

// givenUp is how much is given up; nil for all.
func (s *sheet) givenUp() *moneyproto.Money {
	left := s.replacement()
	if left == 0 {
		return nil
	}
	billing, _ := s.amounts()
	if left >= billing.GetMinor() {
		s.fault(iso8583.ReplacementAmounts, "leaves too much")
	}
	return &moneyproto.Money{Minor: billing.GetMinor() - left, Currency: billing.GetCurrency()}
}

// sendBack refunds what was collected of what a reversal gives up, under the reversal's own ids: once.
func (i *Issuer) sendBack(
	ctx context.Context, s *sheet, reversed *cardprocessingproto.ReverseResponse, givenUp *moneyproto.Money,
) error {
	p := reversed.GetPayment()
	minor := p.GetClearedMinor() - p.GetRefundedMinor()
	if givenUp != nil {
		minor = min(minor, givenUp.GetMinor()-reversed.GetEvent().GetReleasedMinor())
	}
	if minor <= 0 {
		return nil
	}
	message, original := s.about()
	_, err := i.Processing.Refund(ctx, &cardprocessingproto.RefundRequest{
		Message: message, Original: original, Amount: &moneyproto.Money{Minor: minor, Currency: p.GetCurrency()},
		Descriptor_: cmp.Or(p.GetDescriptor_(), s.descriptor()), Mcc: p.GetMcc(),
	})
	return err
}
