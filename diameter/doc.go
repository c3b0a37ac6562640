// Package diameter is Gy on the wire, both ways.
package diameter
