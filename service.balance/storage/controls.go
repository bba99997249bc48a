package storage

import (
	"google.golang.org/protobuf/proto"

	"farthing/pkg/day"
	"farthing/pkg/errs"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// bytesOf is a message as it is stored: nil for an empty one, and always the same bytes.
func bytesOf(m proto.Message) []byte {
	body, _ := proto.MarshalOptions{Deterministic: true}.Marshal(m) // Only invalid UTF-8 fails, and ids have none.
	return body
}

func countersBytes(counters []logic.Counters) []byte {
	if len(counters) == 0 {
		return nil
	}
	state := &balanceproto.CounterState{Sets: make([]*balanceproto.CounterState_Set, len(counters))}
	for i, c := range counters {
		state.Sets[i] = &balanceproto.CounterState_Set{
			Id:    c.Set,
			Since: []int64{int64(c.Day.Since), int64(c.Week.Since), int64(c.Month.Since), int64(c.CashDay.Since)},
			Minor: []int64{c.Day.Minor, c.Week.Minor, c.Month.Minor, c.CashDay.Minor},
		}
	}
	return bytesOf(state)
}

func countersOf(stored []byte) ([]logic.Counters, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	var state balanceproto.CounterState
	if err := proto.Unmarshal(stored, &state); err != nil {
		return nil, err
	}
	counters := make([]logic.Counters, len(state.GetSets()))
	for i, set := range state.GetSets() {
		if len(set.GetSince()) != windows || len(set.GetMinor()) != windows {
			return nil, errs.New(errs.Internal, "counters of other windows")
		}
		spent := func(w int) logic.Spent { return logic.Spent{Since: day.Day(set.Since[w]), Minor: set.Minor[w]} }
		counters[i] = logic.Counters{Set: set.GetId(), Day: spent(0), Week: spent(1), Month: spent(2), CashDay: spent(3)}
	}
	return counters, nil
}

// windows are counted for each set.
const windows = 4

func checksBytes(checks []logic.Check) []byte {
	if len(checks) == 0 {
		return nil
	}
	return bytesOf(&balanceproto.Explanation{Checks: logic.ChecksProto(checks)})
}

func checksOf(stored []byte) ([]logic.Check, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	var explanation balanceproto.Explanation
	if err := proto.Unmarshal(stored, &explanation); err != nil {
		return nil, err
	}
	return logic.ChecksOf(explanation.GetChecks()), nil
}
