import { limits } from '../../spec/limits.ts'

const slash = 0x2f
const plus = 0x2b
const hash = 0x23

/** A name that a message may be published on: no wildcard, within the limits of length and depth (MQTT 5 §4.7). */
export function isTopicName(topic: string): boolean {
  if (!fits(topic)) return false
  for (let at = 0; at < topic.length; at++) {
    const code = topic.charCodeAt(at)
    if (code === plus || code === hash) return false
  }
  return true
}

/** A well-formed filter: `+` fills a level, `#` is the last level (MQTT 5 §4.7.1). */
export function isTopicFilter(filter: string): boolean {
  if (!fits(filter)) return false
  for (let at = 0; at < filter.length; at++) {
    const code = filter.charCodeAt(at)
    if (code !== plus && code !== hash) continue
    if (at > 0 && filter.charCodeAt(at - 1) !== slash) return false
    const isLast = at === filter.length - 1
    if (code === hash ? !isLast : !isLast && filter.charCodeAt(at + 1) !== slash) return false
  }
  return true
}

export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

/** MQTT 5 §4.7: `a/#` also matches `a`; a leading wildcard does not match a topic that starts with `$`. */
export function matches(filter: string, topic: string): boolean {
  const first = filter.charCodeAt(0)
  if ((first === plus || first === hash) && topic.charCodeAt(0) === 0x24) return false
  let f = 0
  let t = 0
  while (f < filter.length) {
    const code = filter.charCodeAt(f)
    if (code === hash) return true
    if (code === plus) {
      while (t < topic.length && topic.charCodeAt(t) !== slash) t++
      f++
    } else {
      while (f < filter.length && filter.charCodeAt(f) !== slash) {
        if (t >= topic.length || filter.charCodeAt(f) !== topic.charCodeAt(t)) return false
        f++
        t++
      }
    }
    const topicEnds = t === topic.length
    if (f === filter.length) return topicEnds
    if (topicEnds) return f === filter.length - 2 && filter.charCodeAt(f + 1) === hash
    if (topic.charCodeAt(t) !== slash) return false
    f++
    t++
    if (f === filter.length) return t === topic.length
  }
  return t === topic.length
}

function fits(text: string): boolean {
  if (text.length === 0 || text.length > limits.topicBytesMax) return false
  let levels = 1
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === slash) levels++
    if (code === 0) return false
  }
  return levels <= limits.topicLevelsMax && Buffer.byteLength(text) <= limits.topicBytesMax
}
