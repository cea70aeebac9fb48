import { resolveTxt } from 'node:dns/promises'
import type { Lookups } from '../../federation/trust/components.ts'
import { HearthError } from '../../spec/errors.ts'

/** What the names of the world say, over HTTPS and DNS. */
export const netLookups: Lookups = {
  async fetchText(url, bytesMax) {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(lookUpMs) })
    if (!answer.ok || answer.body === null) return undefined
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of answer.body) {
      length += part.length
      if (length > bytesMax) throw new HearthError('PACKET_TOO_LARGE', `${url} is longer than ${bytesMax} bytes`)
      parts.push(part)
    }
    return Buffer.concat(parts).toString('utf8')
  },
  async resolveTxt(name) {
    try {
      return (await resolveTxt(name)).map((chunks) => chunks.join(''))
    } catch (error) {
      if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return []
      throw error
    }
  },
}

const lookUpMs = 5_000
const absent: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND'])
