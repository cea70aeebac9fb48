const form = document.querySelector('form')
const said = document.querySelector('[role=status]')
// ACC-47: the code comes first; the rest is for other nodes.
form.elements.invite.value = decodeURIComponent(location.hash.slice(1).split('&')[0])
// The invite leaves the address bar, so that it is not shared by accident.
history.replaceState(null, '', location.pathname)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void register()
})

async function register() {
  const button = form.querySelector('button')
  button.disabled = true
  said.textContent = ''
  try {
    const answer = await fetch('/api/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    })
    const body = await answer.json()
    if (answer.ok) {
      form.hidden = true
      said.textContent = `Welcome, ${body.user}. Now talk: hearth chat, or any MQTT client.`
    } else said.textContent = body.error.message
  } catch {
    said.textContent = 'The node does not answer. Try again.'
  }
  button.disabled = false
}
