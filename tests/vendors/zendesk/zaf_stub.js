// Stands in for Zendesk's app framework: what the app asks is answered by the test.
window.invoked = [];
window.ZAFClient = {
  init() {
    const handlers = {};
    const told = async (what, detail) => JSON.parse(await window.answer(what, JSON.stringify(detail ?? null)));
    const client = {
      on: (name, handler) => (handlers[name] ??= []).push(handler),
      trigger: (name) => (handlers[name] ?? []).forEach((handler) => handler()),
      context: () => told("context"),
      metadata: () => told("metadata"),
      get: (paths) => told("get", [paths].flat()),
      invoke: async (name, detail) => window.invoked.push([name, detail]),
      async request(options) {
        if (window.gate && options.url.includes(window.gate.part)) await window.gate.opened;
        const { status, body } = await told("request", options);
        if (status < 200 || status > 299) throw { status, responseJSON: body };
        return body;
      },
    };
    window.zaf = client;
    setTimeout(() => client.trigger("app.registered"), 0);
    return client;
  },
};
