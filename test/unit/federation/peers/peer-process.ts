/** A node in a process of its own, to be killed: keys as base32 seeds and a port come as arguments, its address goes to stdout. */
import { decodeBase32, encodeBase32 } from '../../../../spec/base32.ts'
import type { NodeId } from '../../../../spec/ids.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import { startNode } from './two-nodes.ts'

const [root = '', hot = '', port = '0'] = process.argv.slice(2)
const rootKey = createSigningKey(decodeBase32(root))
const node = await startNode('child', {
  keys: {
    root: rootKey,
    hot: createSigningKey(decodeBase32(hot)),
    nodeId: encodeBase32(rootKey.publicKey) as NodeId,
  },
  network: { listen: { host: '127.0.0.1', port: Number(port) } },
})
process.stdout.write(`${node.address()}\n`)
