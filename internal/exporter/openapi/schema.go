package openapi

import (
	"strings"

	"github.com/loginwatch/loginwatch/internal/exporter"
)

// converter says a schema of draft-07 in draft 2020-12, which is that of OpenAPI 3.1.
type converter struct {
	below string // the reference to the schema as a whole
}

// schemaTables hold schemas by names, schemaLists several and schemaKeys one.
var (
	schemaTables = map[string]bool{"properties": true, "patternProperties": true, "definitions": true}
	schemaLists  = map[string]bool{"allOf": true, "anyOf": true, "oneOf": true}
	schemaKeys   = map[string]bool{
		"additionalProperties": true, "propertyNames": true, "contains": true,
		"if": true, "then": true, "else": true, "not": true,
	}
)

// schema converts a schema, which may be true or false.
func (c converter) schema(from any) any {
	m, isMap := from.(exporter.Map)
	if !isMap {
		return from
	}
	to := exporter.Map{}
	for _, member := range m {
		c.keyword(&to, m, member)
	}
	return to
}

func (c converter) keyword(to *exporter.Map, of exporter.Map, member exporter.Member) {
	key, value := member.Key, member.Value
	switch {
	case key == "$schema" || key == "$id": // the document has one dialect, and references from its own root
	case key == "$ref": // vet takes none but to a definition of the file, with nothing beside it that judges
		ref, _ := value.(string)
		to.Set(key, c.below+strings.Replace(strings.TrimPrefix(ref, "#"), "/definitions/", "/$defs/", 1))
	case schemaTables[key]:
		to.Set(renamed(key), c.table(value))
	case schemaLists[key]:
		to.Set(key, c.list(value))
	case schemaKeys[key]:
		to.Set(key, c.schema(value))
	case key == "items":
		if list, isList := value.([]any); isList {
			to.Set("prefixItems", c.list(list))
			if rest := of.Get("additionalItems"); rest != nil {
				to.Set("items", c.schema(rest))
			}
			return
		}
		to.Set("items", c.schema(value))
	case key == "additionalItems": // without a list of items it says nothing (validation, 6.4.2)
	case key == "dependencies":
		c.dependencies(to, value)
	default:
		to.Set(key, value)
	}
}

func renamed(keyword string) string {
	if keyword == "definitions" {
		return "$defs"
	}
	return keyword
}

func (c converter) table(value any) any {
	from, isMap := value.(exporter.Map)
	if !isMap {
		return value
	}
	to := exporter.Map{}
	for _, member := range from {
		to.Set(member.Key, c.schema(member.Value))
	}
	return to
}

func (c converter) list(value any) any {
	from, isList := value.([]any)
	if !isList {
		return value
	}
	to := make([]any, len(from))
	for i, item := range from {
		to[i] = c.schema(item)
	}
	return to
}

// dependencies became two keywords: one of names, one of schemas.
func (c converter) dependencies(to *exporter.Map, value any) {
	from, isMap := value.(exporter.Map)
	if !isMap {
		return
	}
	required, schemas := exporter.Map{}, exporter.Map{}
	for _, member := range from {
		if _, isList := member.Value.([]any); isList {
			required.Set(member.Key, member.Value)
			continue
		}
		schemas.Set(member.Key, c.schema(member.Value))
	}
	to.Add("dependentRequired", required)
	to.Add("dependentSchemas", schemas)
}
