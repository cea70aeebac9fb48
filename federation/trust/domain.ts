/** Which node a domain names, by its web page and by DNS (TRUST-6). */
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { Lookups } from './components.ts'

export interface DomainAnswer {
  readonly nodeId: NodeId
  readonly by: 'well-known' | 'dns'
  /** Multiaddrs that the page names; none by DNS alone. */
  readonly addresses: readonly string[]
}

/**
 * The page, the TXT record, or both when they agree. Throws NODE_DOWN when neither answers, PEER_REFUSED when what
 * answers is wrong or they differ.
 */
export const lookUpDomain = async (domain: string, lookups: Lookups): Promise<DomainAnswer> => {
  const [page, records] = await Promise.allSettled([
    lookups.fetchText(`https://${domain}/.well-known/hearth.json`, pageBytesMax),
    lookups.resolveTxt(`_hearth.${domain}`),
  ])
  const byPage = page.status === 'fulfilled' && page.value !== undefined ? readPage(domain, page.value) : undefined
  const byDns = records.status === 'fulfilled' ? readRecords(domain, records.value) : undefined
  if (byPage !== undefined && byDns !== undefined && byPage.nodeId !== byDns) {
    throw refused(
      `https://${domain}/.well-known/hearth.json names ${byPage.nodeId} and the TXT record of _hearth.${domain} names ` +
        `${byDns}. The admin of ${domain} sets both to the same node id, or removes one`,
    )
  }
  if (byPage !== undefined) return byPage
  if (byDns !== undefined) return { nodeId: byDns, by: 'dns', addresses: [] }
  throw new HearthError(
    'NODE_DOWN',
    `${domain} names no node: neither https://${domain}/.well-known/hearth.json nor a TXT record of _hearth.${domain} answers`,
    { cause: page.status === 'rejected' ? page.reason : undefined },
  )
}

const pageBytesMax = 64 * 1024
const addressesMax = 16

const pageSchema = z.object({
  nodeId: z.string().refine(isNodeId),
  p2p: z.array(z.string().startsWith('/').max(512)).optional(),
})

const readPage = (domain: string, text: string): DomainAnswer => {
  const where = `https://${domain}/.well-known/hearth.json`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refused(`${where} is not JSON; ask its admin`, cause)
  }
  const { success, data } = pageSchema.safeParse(value)
  if (!success) throw refused(`${where} names no node id; ask its admin`)
  return { nodeId: data.nodeId, by: 'well-known', addresses: (data.p2p ?? []).slice(0, addressesMax) }
}

/** Other TXT records may stand beside it; two node ids may not. */
const readRecords = (domain: string, records: readonly string[]): NodeId | undefined => {
  const ids = new Set(records.map((record) => record.trim()).filter(isNodeId))
  if (ids.size > 1) throw refused(`the TXT records of _hearth.${domain} name ${ids.size} nodes; its admin leaves one`)
  return [...ids][0]
}

const refused = (detail: string, cause?: unknown): HearthError => new HearthError('PEER_REFUSED', detail, { cause })
