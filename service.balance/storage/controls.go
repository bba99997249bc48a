package storage

import (
	"google.golang.org/protobuf/proto"

	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// bytesOf is a message as it is stored: nil for an empty one, and always the same bytes.
func bytesOf(m proto.Message) []byte {
	body, _ := proto.MarshalOptions{Deterministic: true}.Marshal(m) // Only invalid UTF-8 fails, and ids have none.
	return body
}

func countersBytes(counters []logic.Counters) []byte {
	state := &balanceproto.CounterState{Sets: make([]*balanceproto.CounterState_Set, len(counters))}
	for i, c := range counters {
		state.Sets[i] = &balanceproto.CounterState_Set{
			Id: c.Set, Day: spentProto(c.Day), Week: spentProto(c.Week), Month: spentProto(c.Month),
			CashDay: spentProto(c.CashDay),
		}
	}
	return bytesOf(state)
}

func countersOf(stored []byte) ([]logic.Counters, error) {
	var state balanceproto.CounterState
	if err := proto.Unmarshal(stored, &state); err != nil || len(state.GetSets()) == 0 {
		return nil, err
	}
	counters := make([]logic.Counters, len(state.GetSets()))
	for i, set := range state.GetSets() {
		counters[i] = logic.Counters{
			Set: set.GetId(), Day: spentOf(set.GetDay()), Week: spentOf(set.GetWeek()), Month: spentOf(set.GetMonth()),
			CashDay: spentOf(set.GetCashDay()),
		}
	}
	return counters, nil
}

func spentProto(s logic.Spent) *balanceproto.CounterState_Spent {
	return &balanceproto.CounterState_Spent{Since: int64(s.Since), Minor: s.Minor}
}

func spentOf(s *balanceproto.CounterState_Spent) logic.Spent {
	return logic.Spent{Since: logic.Day(s.GetSince()), Minor: s.GetMinor()}
}

func checksBytes(checks []logic.Check) []byte {
	return bytesOf(&balanceproto.Explanation{Checks: logic.ChecksProto(checks)})
}

func checksOf(stored []byte) ([]logic.Check, error) {
	var explanation balanceproto.Explanation
	if err := proto.Unmarshal(stored, &explanation); err != nil {
		return nil, err
	}
	return logic.ChecksOf(explanation.GetChecks()), nil
}
