/** Writes `spec/vectors/*.json` anew: `node test/support/vectors/make.ts`. Repeatable: the same files each time. */
import { writeFile } from 'node:fs/promises'
import { authorVectors } from './authors.ts'
import { base32Vectors, cborVectors, eventIdVectors, identifierVectors, jsonVectors, textVectors } from './encodings.ts'
import { certificateVectors, ed25519Vectors, eventVectors, feedVectors, messageVectors, sealVectors } from './events.ts'
import { governanceActVectors } from './governance.ts'
import { governanceHistoryVectors } from './governance-histories.ts'
import { inviteLinkVectors } from './invite-links.ts'
import { annotationVectors, markdownVectors } from './messages.ts'
import { filterVectors, topicVectors } from './topics.ts'

const files = {
  annotations: annotationVectors(),
  markdown: markdownVectors(),
  'accounts/invite-links': inviteLinkVectors(),
  author: authorVectors(),
  base32: base32Vectors(),
  cbor: cborVectors(),
  certificate: certificateVectors(),
  ed25519: ed25519Vectors(),
  event: eventVectors(),
  'event-id': eventIdVectors(),
  feed: feedVectors(),
  filters: filterVectors(),
  'governance/acts': governanceActVectors(),
  'governance/histories': governanceHistoryVectors(),
  identifiers: identifierVectors(),
  json: jsonVectors(),
  message: messageVectors(),
  seal: sealVectors(),
  text: textVectors(),
  topics: topicVectors(),
}

for (const [name, content] of Object.entries(files)) {
  await writeFile(
    new URL(`../../../spec/vectors/${name}.json`, import.meta.url),
    `${JSON.stringify(content, null, 1)}\n`,
  )
}
