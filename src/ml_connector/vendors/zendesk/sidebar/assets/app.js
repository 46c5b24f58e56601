// The billing panel: reads what ml-connector keeps in Zendesk for the organization of a ticket.
//
// It asks Zendesk only, with the agent's own rights (client.request), and writes nothing. Whatever
// comes from data goes to the page as text, never as markup.
(() => {
  "use strict";

  const MOST_PAGES = 3;
  const MOST_PAYMENTS = 10;
  const QUIET_AGAIN_MS = 30000;
  const OWED = ["unpaid", "partial", "overdue"];
  const LABELS = {
    draft: "Draft", unpaid: "Open", partial: "Part paid", paid: "Paid", overdue: "Overdue",
    wave_clear: "All paid", wave_open: "Open", wave_overdue: "Overdue",
  };

  const SOURCE_STATES = {
    wave_archived: "This customer is archived in Wave.",
    wave_deleted: "This customer was deleted in Wave.",
  };

  const client = window.ZAFClient.init();
  const page = document.getElementById("app");
  let loads = 0;
  let loadedAt = 0;
  let chosen = null;
  let settings = { staleHours: 72, overdueDays: 30 };

  // --- what to show, and reading it ---

  async function load() {
    const mine = ++loads;
    loadedAt = Date.now();
    page.setAttribute("aria-busy", "true");
    let parts;
    try {
      settings = await readSettings();
      const subject = await readSubject();
      const organization = chosenOf(subject.organizations);
      parts = organization
        ? shownAccount(await readAccount(organization.id), subject)
        : [notice("", nobody(subject))];
    } catch (failure) {
      parts = [notice("error", sentenceOf(failure)), again()];
    }
    if (mine !== loads) return; // another ticket or organization was asked for meanwhile
    page.replaceChildren(...parts);
    page.setAttribute("aria-busy", "false");
    const height = Math.min(document.documentElement.scrollHeight, 700);
    client.invoke("resize", { width: "100%", height: `${height}px` });
  }

  async function readSettings() {
    const given = ((await client.metadata()) || {}).settings || {};
    return {
      staleHours: positive(given.stale_hours) || 72,
      overdueDays: positive(given.overdue_days_warning) || 30,
    };
  }

  async function readSubject() {
    const context = await client.context();
    if (context.location === "organization_sidebar") {
      const { organization } = await client.get("organization");
      return { organizations: organization ? [organization] : [], person: "" };
    }
    const got = await client.get(["ticket.organization", "ticket.requester"]);
    const requester = got["ticket.requester"] || {};
    const own = requester.organizations || (await readMemberships(requester.id));
    const all = [got["ticket.organization"], ...own].filter((each) => each && each.id);
    const organizations = [...new Map(all.map((each) => [String(each.id), each])).values()];
    return { organizations, person: requester.name || "" };
  }

  async function readMemberships(user) {
    if (!user) return [];
    const path = `/api/v2/users/${encodeURIComponent(user)}/organization_memberships.json`;
    const told = await client.request({ url: path, type: "GET" });
    const memberships = told.organization_memberships || [];
    return memberships.map((each) => ({ id: each.organization_id, name: each.organization_name }));
  }

  function chosenOf(organizations) {
    return organizations.find((each) => String(each.id) === chosen) || organizations[0];
  }

  async function readAccount(id) {
    const path = `/api/v2/organizations/${encodeURIComponent(id)}.json`;
    const [told, invoices] = await Promise.all([
      client.request({ url: path, type: "GET" }),
      readRecords("wave_invoice", id, { "custom_object_fields.amount_due": { $gt: 0 } }, MOST_PAGES),
    ]);
    const payments = invoices.isThere ? await readRecords("wave_payment", id, null, 1) : invoices;
    return { organization: told.organization, invoices, payments };
  }

  // Objects may be missing in the plan, or not be shown to this agent; then the summary must do.
  async function readRecords(key, organization, filter, mostPages) {
    const conditions = [{ "custom_object_fields.organization": { $eq: String(organization) } }];
    if (filter) conditions.push(filter);
    const records = [];
    let after = "";
    try {
      for (let n = 0; n < mostPages; n += 1) {
        const cursor = after ? `&page[after]=${encodeURIComponent(after)}` : "";
        const query = `page[size]=100&sort=-updated_at${cursor}`;
        const told = await client.request({
          url: `/api/v2/custom_objects/${key}/records/search?${query}`,
          type: "POST",
          contentType: "application/json",
          data: JSON.stringify({ filter: { $and: conditions } }),
        });
        records.push(...told.custom_object_records);
        const meta = told.meta || {};
        after = meta.has_more ? meta.after_cursor : "";
        if (!after) break;
      }
    } catch (failure) {
      if ([403, 404].includes(failure && failure.status)) return { isThere: false, records: [] };
      return { isThere: true, records: [], failure };
    }
    return { isThere: true, records, isCut: Boolean(after) };
  }

  // --- showing it ---

  function shownAccount({ organization, invoices, payments }, subject) {
    const told = organization.organization_fields || {};
    const stamp = newest([told.wave_synced_at, ...invoices.records.map((r) => r.updated_at)]);
    const parts = [...chooser(subject.organizations, organization), ...header(organization, told)];
    if (!stamp && !invoices.records.length) {
      const none = "Nothing has come from Wave for this organization yet.";
      return [...parts, notice("", none), footer(null)];
    }
    return [
      ...parts,
      ...notices(told, stamp, invoices),
      ...(invoices.isThere && !invoices.failure ? openInvoices(invoices) : fallback(told)),
      ...paymentsOf(payments, told),
      ...changes(told),
      footer(stamp),
    ];
  }

  function chooser(organizations, current) {
    if (organizations.length < 2) return [];
    const select = element("select", { id: "organization" });
    for (const each of organizations) {
      const option = element("option", { value: String(each.id) }, each.name || String(each.id));
      option.selected = String(each.id) === String(current.id);
      select.append(option);
    }
    select.addEventListener("change", () => {
      chosen = select.value;
      load();
    });
    const label = `This person belongs to ${organizations.length} organizations`;
    return [element("label", { htmlFor: "organization" }, label), select];
  }

  function header(organization, told) {
    const status = told.wave_billing_status;
    const name = element("div", { className: "row" }, element("h1", {}, organization.name));
    if (LABELS[status]) name.append(badge(status.replace("wave_", ""), LABELS[status]));
    const open = told.wave_balances || plain(told.wave_open_balance);
    if (!open) return [name];
    const count = element("p", { className: "quiet small" }, counted(told));
    return [name, element("p", { className: "sum" }, open), count];
  }

  function counted(told) {
    const open = Number(told.wave_open_invoices) || 0;
    const late = Number(told.wave_overdue_invoices) || 0;
    const parts = [`${open} open invoice${open === 1 ? "" : "s"}`];
    if (late) parts.push(`${late} overdue`);
    if (told.wave_oldest_due && open) parts.push(`oldest due ${day(told.wave_oldest_due)}`);
    return parts.join(" · ");
  }

  function notices(told, stamp, invoices) {
    const found = [];
    const hours = stamp ? (Date.now() - stamp) / 3600000 : 0;
    if (hours > settings.staleHours) {
      const old = `No news from Wave for ${spanOf(hours)}. What is shown may be out of date.`;
      found.push(notice("warning", old));
    }
    const state = SOURCE_STATES[told.wave_source_state];
    if (state) found.push(notice("", state));
    if (!invoices.isThere) {
      found.push(notice("", "Single invoices cannot be shown here. This is the summary."));
    }
    if (invoices.failure) {
      const why = `The invoices could not be read. ${sentenceOf(invoices.failure)}`;
      found.push(notice("error", why), again());
    }
    return found;
  }

  function openInvoices({ records, isCut }) {
    const today = localDay();
    const shown = records
      .map((record) => invoiceOf(record, today))
      .filter((invoice) => OWED.includes(invoice.state) || invoice.state === "draft")
      .sort(oldestDueFirst);
    const list = shown.length
      ? element("ul", { id: "invoices" }, ...shown.map(shownInvoice))
      : element("p", { className: "quiet" }, "No open invoices.");
    const heading = element("h2", {}, "Open invoices");
    if (!isCut) return [heading, list];
    const rest = "There are more; these are the ones that changed last.";
    return [heading, list, element("p", { className: "quiet small" }, rest)];
  }

  function invoiceOf(record, today) {
    const held = record.custom_object_fields || {};
    const due = dayOf(held.due_date);
    const isLate = OWED.includes(held.status) && due && due < today;
    const days = isLate ? Math.round((Date.parse(today) - Date.parse(due)) / 86400000) : 0;
    return { name: record.name, held, due, days, state: isLate ? "overdue" : held.status };
  }

  function oldestDueFirst(one, other) {
    const rank = ({ state, due, name }) => `${state === "draft" ? 1 : 0} ${due || "9999"} ${name}`;
    return rank(one).localeCompare(rank(other));
  }

  function shownInvoice({ name, held, due, days, state }) {
    const look = days > settings.overdueDays ? "long-overdue" : state;
    const whole = money(held.total, held.currency);
    const open = money(held.amount_due, held.currency);
    const late = days ? ` · ${days} day${days === 1 ? "" : "s"} overdue` : "";
    const when = due ? `Due ${day(due)}${late}` : "No due date";
    return element(
      "li", {},
      element("div", { className: "row" },
        element("span", { className: "strong" }, name),
        badge(look, LABELS[state] || state)),
      element("div", { className: "row" },
        element("span", { className: days ? "late small" : "quiet small" }, when),
        element("span", { className: "strong" }, open)),
      element("div", { className: "row small quiet" },
        element("span", {}, held.last_change || ""),
        element("span", {}, open === whole ? "" : `of ${whole}`)),
      ...linkTo(held.view_url),
    );
  }

  // Only a web address becomes a link: data must not bring a script along.
  function linkTo(url) {
    if (!/^https:\/\//i.test(url || "")) return [];
    const link = { href: url, target: "_blank", rel: "noopener noreferrer" };
    return [element("p", { className: "small" }, element("a", link, "Open in Wave"))];
  }

  function fallback(told) {
    if (!told.wave_invoice_list) return [];
    const lines = { className: "lines small", id: "invoice-list" };
    return [element("h2", {}, "Open invoices"), element("p", lines, told.wave_invoice_list)];
  }

  function paymentsOf({ records }, told) {
    const known = records.filter((record) => record.custom_object_fields.status !== "deleted");
    known.sort((one, other) => moment(other).localeCompare(moment(one)));
    const heading = element("h2", {}, "Payments");
    if (known.length) {
      const newest = known.slice(0, MOST_PAYMENTS).map(shownPayment);
      return [heading, element("ul", { id: "payments" }, ...newest)];
    }
    if (!told.wave_last_payment) return [];
    return [heading, element("p", {}, `Last payment ${told.wave_last_payment}`)];
  }

  function moment(payment) {
    return `${dayOf(payment.custom_object_fields.date)} ${payment.updated_at}`;
  }

  function shownPayment({ name, custom_object_fields: held }) {
    const number = name.replace(dayOf(held.date), "").trim();
    const of = `${held.status === "refund" ? "Refund" : "Invoice"} ${number}`;
    const what = [of, words(held.method), held.memo].filter(Boolean).join(" · ");
    return element(
      "li", {},
      element("div", { className: "row" },
        element("span", {}, held.date ? day(held.date) : name),
        element("span", { className: "strong" }, money(held.amount, held.currency))),
      element("p", { className: "small quiet" }, what),
    );
  }

  function changes(told) {
    if (!told.wave_recent_changes) return [];
    const text = element("p", { className: "lines small", id: "changes" }, told.wave_recent_changes);
    return [element("h2", {}, "Recent changes"), text];
  }

  function footer(stamp) {
    const how = { dateStyle: "medium", timeStyle: "short" };
    const asOf = stamp ? `As of ${new Date(stamp).toLocaleString(undefined, how)}` : "";
    const told = element("span", { id: "as-of" }, asOf);
    return element("footer", { className: "row small quiet" }, told, again("Refresh"));
  }

  function nobody({ person }) {
    return person
      ? `${person} belongs to no organization, so there is no account to show.`
      : "This ticket has no organization, so there is no account to show.";
  }

  // --- small things ---

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
    return made;
  }

  function badge(look, label) {
    return element("span", { className: `badge ${look}` }, label);
  }

  function notice(kind, sentence) {
    return element("p", { className: `notice ${kind}`.trim() }, sentence);
  }

  function again(label = "Try again") {
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", load);
    return button;
  }

  function sentenceOf(failure) {
    const status = failure && failure.status;
    if (status === 403) return "You have no right to see this organization.";
    if (status === 404) return "This organization is not there any more.";
    if (status === 429) return "Zendesk asks to wait a little.";
    return status ? `Zendesk answered with status ${status}.` : "Zendesk could not be asked.";
  }

  function money(amount, currency) {
    if (amount === null || amount === undefined || amount === "") return "";
    try {
      return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);
    } catch (unknownCurrency) {
      return [plain(amount), currency].filter(Boolean).join(" ");
    }
  }

  function plain(amount) {
    return amount === null || amount === undefined || amount === "" ? "" : String(amount);
  }

  // BANK_TRANSFER as a person writes it.
  function words(code) {
    const lower = String(code || "").replaceAll("_", " ").toLowerCase();
    return lower.charAt(0).toUpperCase() + lower.slice(1);
  }

  function positive(value) {
    const number = Number(value);
    return number > 0 ? number : 0;
  }

  function dayOf(text) {
    return /^\d{4}-\d{2}-\d{2}/.test(text || "") ? text.slice(0, 10) : "";
  }

  function day(text) {
    const options = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
    const date = dayOf(text);
    return date ? new Intl.DateTimeFormat(undefined, options).format(Date.parse(date)) : String(text);
  }

  function localDay() {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  }

  function newest(stamps) {
    const moments = stamps.map((stamp) => Date.parse(stamp)).filter(Number.isFinite);
    return moments.length ? Math.max(...moments) : null;
  }

  function spanOf(hours) {
    return hours < 48 ? `${Math.floor(hours)} hours` : `${Math.floor(hours / 24)} days`;
  }

  function turnTo() {
    chosen = null;
    load();
  }

  client.on("app.registered", load);
  client.on("app.activated", () => {
    if (Date.now() - loadedAt > QUIET_AGAIN_MS) load();
  });
  client.on("ticket.organization.changed", turnTo);
  client.on("ticket.requester.id.changed", turnTo);
})();
