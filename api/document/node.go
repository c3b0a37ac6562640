package document

import (
	"strconv"

	"go.yaml.in/yaml/v4"
)

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	return node
}

type pair struct{ key, value *yaml.Node }

// pairs lists a mapping's keys with their values. Mappings merged in by << come last, since what
// is written beside them goes first.
func pairs(mapping *yaml.Node) []pair {
	list := make([]pair, 0, len(mapping.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, resolve(value))
			continue
		}
		list = append(list, pair{resolve(key), value})
	}
	if len(merged) == 0 {
		return list
	}
	seen := make(map[string]bool, len(list))
	for _, pair := range list {
		seen[pair.key.Value] = true
	}
	for _, source := range merged {
		list = merge(list, seen, source)
	}
	return list
}

// merge adds the pairs of a mapping, or of a list of mappings, whose keys are not there yet.
// Mappings merged into a merged one are not followed: one level keeps the work bounded.
func merge(list []pair, seen map[string]bool, source *yaml.Node) []pair {
	sources := []*yaml.Node{source}
	if source.Kind == yaml.SequenceNode {
		sources = source.Content
	}
	for _, source := range sources {
		source = resolve(source)
		for i := 0; i+1 < len(source.Content) && source.Kind == yaml.MappingNode; i += 2 {
			key := source.Content[i]
			if seen[key.Value] || key.Tag == "!!merge" {
				continue
			}
			seen[key.Value] = true
			list = append(list, pair{resolve(key), source.Content[i+1]})
		}
	}
	return list
}

// described says what a node is, for faults.
func described(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!null":
		return "nothing"
	}
	return strconv.Quote(shortened(node.Value))
}

func shortened(text string) string {
	if letters := []rune(text); len(letters) > 60 {
		return string(letters[:60]) + "..."
	}
	return text
}
