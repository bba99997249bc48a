package issuer

import (
	"context"

	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// inquire answers 0100 and 0200 that only ask what the account has.
func (i *Issuer) inquire(ctx context.Context, s *sheet) (result, error) {
	message, _ := s.about()
	asked := &cardprocessingproto.InquireBalanceRequest{
		Message: message, Mcc: s.Get(iso8583.MerchantType), EntryMode: s.entryMode(), Country: s.country(),
		Verification: s.verification(),
	}
	if s.err != nil {
		return result{}, s.err
	}
	found, err := i.Processing.InquireBalance(ctx, asked)
	return result{declined: found.GetDeclineReason(), balance: found.GetAvailable(), posted: found.GetPosted()}, err
}
