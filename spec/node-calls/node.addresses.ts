import { z } from 'zod'
import { serverIdField } from '../account.ts'
import { isNodeId } from '../identifiers.ts'
import type { NodeId } from '../ids.ts'
import { defineNodeCall } from './node-call.ts'

const nodeIdField = z.custom<NodeId>(isNodeId, 'is not a node id')
const addressField = z.string().regex(/^\/[\x21-\x7e]{1,512}$/)

/** NCALL-9. Refuses with NOT_FOUND: the caller hosts no member of that server. */
export const nodeAddressesCall = defineNodeCall({
  method: 'node.addresses',
  input: z.strictObject({ server: serverIdField, nodes: z.array(nodeIdField).min(1).max(64) }),
  output: z.object({
    nodes: z.array(z.object({ node: nodeIdField, addresses: z.array(addressField).max(16) })).max(64),
  }),
})
