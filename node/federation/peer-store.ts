import { z } from 'zod'
import type { PeerRecord, PeerStore } from '../../federation/trust/components.ts'
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import type { NodeId } from '../../spec/ids.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const record = z.strictObject({
  name: z.string(),
  domain: z.string().optional(),
  addresses: z.array(z.string()),
  pinnedBy: z.enum(['invite', 'tofu', 'well-known', 'dns', 'admin']),
  certificateSerial: z.number().int(),
  /** Base32. */
  hotKey: z.string().optional(),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
  state: z.enum(['trusted', 'blocked']),
  reason: z.string().optional(),
})

/** What trust keeps of other nodes, in the store of the node. `readdressed`: a domain is another node's than before. */
export async function openPeerStore(store: Store, readdressed: () => void = () => undefined): Promise<PeerStore> {
  const table = await createRecords(store, 'peers', record)
  return {
    load: () =>
      Promise.resolve(
        [...table.all()].flatMap(([nodeId, stored]): PeerRecord[] =>
          isNodeId(nodeId)
            ? [
                {
                  ...stored,
                  nodeId,
                  domain: stored.domain,
                  hotKey: stored.hotKey === undefined ? undefined : decodeBase32(stored.hotKey),
                  reason: stored.reason,
                },
              ]
            : [],
        ),
      ),
    async put({ nodeId, domain, hotKey, reason, ...rest }) {
      const before = table.get(nodeId)?.domain
      await table.put(nodeId, {
        ...rest,
        addresses: [...rest.addresses],
        ...(domain !== undefined && { domain }),
        ...(hotKey !== undefined && { hotKey: encodeBase32(hotKey) }),
        ...(reason !== undefined && { reason }),
      })
      // Trust takes it up when this resolves: whoever is told looks again after that.
      if (before !== domain) readdressed()
    },
    delete: (nodeId: NodeId) => table.delete(nodeId),
  }
}
