import type { z } from 'zod'

export type TextKind = 'string' | 'number' | 'boolean' | 'array'

/** What kind of value a schema takes, below `optional` and `default`. */
export const textKind = (schema: z.core.$ZodType): TextKind => {
  const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType }
  if (def.innerType !== undefined) return textKind(def.innerType)
  if (def.type === 'number' || def.type === 'boolean' || def.type === 'array') return def.type
  return 'string'
}

/**
 * Text of a flag or an environment variable as the value that its schema may take. What does not look like
 * one is returned as text, for the schema to refuse.
 */
export const textToValue = (schema: z.core.$ZodType, text: string): unknown => {
  const kind = textKind(schema)
  if (kind === 'number') return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
  if (kind === 'array') return text.split(',').filter((item) => item !== '')
  if (kind === 'boolean' && /^(true|yes|on|1)$/i.test(text)) return true
  if (kind === 'boolean' && /^(false|no|off|0)$/i.test(text)) return false
  return text
}

/** The name nearest to what was typed, when near enough to be a slip of the finger. */
export const nearest = (typed: string, names: readonly string[]): string | undefined => {
  const reach = typed.length <= 4 ? 1 : typed.length <= 8 ? 2 : 3
  const found = names
    .map((name) => ({ name, distance: name.startsWith(typed) && typed.length >= 2 ? 1 : editDistance(typed, name) }))
    .filter((candidate) => candidate.distance <= reach)
    .sort((a, b) => a.distance - b.distance)
  return found[0]?.name
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
export const editDistance = (from: string, to: string): number => {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min(
        at(rows, row - 1, column) + 1,
        (line[column - 1] ?? 0) + 1,
        at(rows, row - 1, column - 1) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) least = Math.min(least, at(rows, row - 2, column - 2) + 1)
      line.push(least)
    }
    rows.push(line)
  }
  return at(rows, from.length, to.length)
}

const at = (rows: readonly (readonly number[])[], row: number, column: number): number => rows[row]?.[column] ?? 0
