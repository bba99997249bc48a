package issuer

import (
	"context"

	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// authorise answers 0100: an authorisation, or more of the one that it names.
func (i *Issuer) authorise(ctx context.Context, m iso8583.Message) (result, error) {
	s := &sheet{Message: m, clock: i.Clock}
	switch {
	case s.use() == refund:
		return i.promise(ctx, s)
	case s.use().asks():
		return i.inquire(ctx, s)
	case m.Has(iso8583.OriginalDataElements):
		return i.increment(ctx, s)
	}
	asked, err := s.authorisation()
	if err != nil {
		return result{}, err
	}
	return i.ask(ctx, asked)
}

// advise answers 0120: an authorisation that somebody stood in for, or the final amount of the one that it names.
func (i *Issuer) advise(ctx context.Context, m iso8583.Message) (result, error) {
	s := &sheet{Message: m, clock: i.Clock}
	decided := m.Get(iso8583.ResponseCode)
	switch {
	case s.use() != refund && m.Has(iso8583.OriginalDataElements):
		return i.amend(ctx, s)
	case decided != "" && !iso8583.IsApproval(decided):
		// Whoever stood in has declined it: there is nothing to hold, and nowhere to write it down.
		return result{}, &refusal{iso8583.NotSupported}
	case s.use() == refund:
		return i.promise(ctx, s)
	}
	asked, err := s.authorisation()
	if err != nil {
		return result{}, err
	}
	asked.Advice, asked.AcceptPartial = true, false
	return i.ask(ctx, asked)
}

// authorisation is a message as a request to hold money.
func (s *sheet) authorisation() (*cardprocessingproto.AuthoriseRequest, error) {
	message, _ := s.about()
	takes, cash := s.use().takes()
	if !takes && s.err == nil {
		s.err = &refusal{iso8583.NotSupported}
	}
	billing, local := s.amounts()
	return &cardprocessingproto.AuthoriseRequest{
		Network: message.GetNetwork(), CardNumber: message.GetCardNumber(), CardId: message.GetCardId(),
		Amount: billing, LocalAmount: local, Descriptor_: s.descriptor(), Mcc: s.Get(iso8583.MerchantType),
		AcceptPartial: s.indicates(acceptsPartial), EntryMode: s.entryMode(), Country: s.country(), Cash: cash,
		Cashback: s.cashback(), ConversionRate: s.rate(), Verification: s.verification(),
	}, s.err
}

func (i *Issuer) ask(ctx context.Context, asked *cardprocessingproto.AuthoriseRequest) (result, error) {
	decided, err := i.Processing.Authorise(ctx, asked)
	if err != nil {
		return result{}, err
	}
	done := result{
		authorisationID: decided.GetAuthorisationId(), transactionID: decided.GetTransactionId(),
		stoodIn: decided.GetStoodIn(), cashback: decided.GetCashback(),
	}
	switch {
	case !decided.GetApproved():
		done.declined = decided.GetDeclineReason()
	case decided.GetAmount().GetMinor() < asked.GetAmount().GetMinor():
		done.asked, done.approved, done.balance = asked.GetAmount(), decided.GetAmount(), decided.GetBalance()
		done.cashRefused = asked.GetCashback() != nil && decided.GetCashback() == nil
	}
	return done, nil
}

// increment asks to hold more.
func (i *Issuer) increment(ctx context.Context, s *sheet) (result, error) {
	message, original := s.about()
	billing, _ := s.amounts()
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.Increment(ctx, &cardprocessingproto.IncrementRequest{
		Message: message, Original: original, Amount: billing,
	}))
}

// amend tells the final amount of an estimate.
func (i *Issuer) amend(ctx context.Context, s *sheet) (result, error) {
	message, original := s.about()
	billing, _ := s.amounts()
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.Advise(ctx, &cardprocessingproto.AdviseRequest{
		Message: message, Original: original, Amount: billing,
	}))
}

// follows is what every message that follows an authorisation is answered with.
type follows interface {
	GetPayment() *cardprocessingproto.Payment
	GetEvent() *cardprocessingproto.PaymentEvent
}

func followed[A follows](rsp A, err error) (result, error) {
	if err != nil {
		return result{}, err
	}
	return result{
		declined: rsp.GetEvent().GetDeclineReason(), authorisationID: rsp.GetPayment().GetId(),
		transactionID: rsp.GetPayment().GetTransactionId(),
	}, nil
}
