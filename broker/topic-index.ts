import { hasWildcard } from './mqtt/topics.ts'

interface Level<T> {
  readonly children: Map<string, Level<T>>
  readonly held: Set<T>
}

/** Topic filters with what is held under them; finds everything whose filter matches a topic (MQTT 5 §4.7). */
export class TopicIndex<T> {
  private readonly exact = new Map<string, Set<T>>()
  private readonly root: Level<T> = newLevel()

  add(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      let level = this.root
      for (const name of filter.split('/')) {
        let child = level.children.get(name)
        if (!child) level.children.set(name, (child = newLevel()))
        level = child
      }
      level.held.add(value)
      return
    }
    const held = this.exact.get(filter)
    if (held) held.add(value)
    else this.exact.set(filter, new Set([value]))
  }

  remove(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      removeFrom(this.root, filter.split('/'), 0, value)
      return
    }
    const held = this.exact.get(filter)
    if (held?.delete(value) && held.size === 0) this.exact.delete(filter)
  }

  /** Calls `visit` for each match; what is held under several matching filters comes several times. */
  match(topic: string, visit: (value: T) => void): void {
    const held = this.exact.get(topic)
    if (held) for (const value of held) visit(value)
    if (this.root.children.size > 0) visitLevel(this.root, topic.split('/'), 0, visit)
  }
}

function visitLevel<T>(level: Level<T>, names: readonly string[], depth: number, visit: (value: T) => void): void {
  const mayBeWild = depth > 0 || !names[0]!.startsWith('$')
  if (mayBeWild) {
    const rest = level.children.get('#')
    if (rest) for (const value of rest.held) visit(value)
  }
  const name = names[depth]
  if (name === undefined) {
    for (const value of level.held) visit(value)
    return
  }
  const same = level.children.get(name)
  if (same) visitLevel(same, names, depth + 1, visit)
  const any = mayBeWild ? level.children.get('+') : undefined
  if (any) visitLevel(any, names, depth + 1, visit)
}

/** Returns whether the level holds nothing any more. */
function removeFrom<T>(level: Level<T>, names: readonly string[], depth: number, value: T): boolean {
  const name = names[depth]
  if (name === undefined) level.held.delete(value)
  else {
    const child = level.children.get(name)
    if (child && removeFrom(child, names, depth + 1, value)) level.children.delete(name)
  }
  return level.held.size === 0 && level.children.size === 0
}

function newLevel<T>(): Level<T> {
  return { children: new Map(), held: new Set() }
}
