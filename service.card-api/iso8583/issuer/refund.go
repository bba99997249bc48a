package issuer

import (
	"context"
	"strings"

	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// promise answers 0100 and 0120 of a refund: it is going to be sent. 90 names the purchase.
func (i *Issuer) promise(ctx context.Context, s *sheet) (result, error) {
	r := s.movement()
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.AuthoriseRefund(ctx, &cardprocessingproto.AuthoriseRefundRequest{
		Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(), LocalAmount: r.GetLocalAmount(),
		Descriptor_: r.GetDescriptor_(), Mcc: r.GetMcc(), ConversionRate: r.GetConversionRate(),
	}))
}

// refund answers 0200 and 0220 of a refund. 90 names the purchase, and 56 the refund's authorisation.
func (i *Issuer) refund(ctx context.Context, s *sheet) (result, error) {
	r := s.movement()
	_, promised := s.named(r.GetMessage().GetNetwork())
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.Refund(ctx, &cardprocessingproto.RefundRequest{
		Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(), LocalAmount: r.GetLocalAmount(),
		Descriptor_: r.GetDescriptor_(), Mcc: r.GetMcc(), ConversionRate: r.GetConversionRate(),
		RefundAuthorisation: namedBy(promised),
	}))
}

// reverseRefund answers 0400 and 0420 of a refund: 90 names it, or the authorisation that is called off. 56 names the
// purchase, and of a refund its authorisation.
func (i *Issuer) reverseRefund(ctx context.Context, s *sheet) (result, error) {
	message, of := s.about()
	bought, promised := s.named(message.GetNetwork())
	asked := &cardprocessingproto.ReverseRefundRequest{Message: message, RefundAuthorisation: namedBy(promised)}
	if bought != nil {
		asked.Original = &cardprocessingproto.Original{Network: bought}
	}
	switch sent := s.Get(iso8583.OriginalDataElements); {
	case s.err != nil:
		return result{}, s.err
	case s.replacement() != 0: // It is the whole.
		return result{}, &refusal{iso8583.NotSupported}
	case strings.HasPrefix(sent, "010"), strings.HasPrefix(sent, "012"):
		asked.RefundAuthorisation = namedBy(of.GetNetwork())
	default:
		asked.Refund = namedBy(of.GetNetwork())
	}
	if s.err != nil {
		return result{}, s.err
	}
	return followed(i.Processing.ReverseRefund(ctx, asked))
}

// namedBy is the message of ids, nil for none.
func namedBy(ids *cardprocessingproto.NetworkIDs) *cardprocessingproto.Named {
	if ids == nil {
		return nil
	}
	return &cardprocessingproto.Named{Network: ids}
}
