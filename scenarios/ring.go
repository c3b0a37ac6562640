package scenarios

import "slices"

// A ring is a list that forgets its oldest element where it is full.
type ring[T any] struct {
	limit  int
	items  []T
	oldest int
}

func (r *ring[T]) add(item T) {
	if len(r.items) < r.limit {
		r.items = append(r.items, item)
		return
	}
	r.items[r.oldest] = item
	r.oldest = (r.oldest + 1) % r.limit
}

func (r *ring[T]) list() []T {
	return append(append(make([]T, 0, len(r.items)), r.items[r.oldest:]...), r.items[:r.oldest]...)
}

// full reports whether the next element makes the oldest go.
func (r *ring[T]) full() bool { return len(r.items) == r.limit }

func (r *ring[T]) len() int { return len(r.items) }

// at is an element, counted from the oldest.
func (r *ring[T]) at(i int) *T { return &r.items[(r.oldest+i)%len(r.items)] }

func (r *ring[T]) clear() { *r = ring[T]{limit: r.limit} }

// delete forgets elements, wherever they are, and returns how many there were.
func (r *ring[T]) delete(gone func(*T) bool) int {
	before := len(r.items)
	left := slices.DeleteFunc(r.list(), func(item T) bool { return gone(&item) })
	*r = ring[T]{limit: r.limit, items: left}
	return before - len(left)
}
