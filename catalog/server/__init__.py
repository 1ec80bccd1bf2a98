"""The catalog in people's browsers and other programs: ``catalog serve`` answers with a page and an HTTP API.

A thin face: behind each answer is one call of :class:`catalog.Catalog`, made in a worker thread. What each part may
count on:

- ``app.create_app(catalog, settings)`` puts it together; ``settings.ServerSettings`` says how it answers.
- ``guard.Guard`` is around every request: prefix, host, caller, origin, rates, sizes, headers, log and figures. A
  handler is reached only by a caller who may ask at all, and only from the server's own pages where a browser asks.
- ``handling`` is what handlers are made of: ``needs(right)`` before a handler that answers; ``needs_form(right)``
  before a handler of a form, which is handed the fields once its CSRF token was checked;
  ``in_thread(request, call, …)`` for calls of the catalog; ``may(request, right)`` and ``caller_of(request)``;
  ``url(request, name, **of_it)`` and ``entry_url(request, kind, name)`` for links, which know the prefix;
  ``csrf_token(request)`` for forms.
- ``problems.Problem`` is any answer that is no: JSON of RFC 9457 for programs, ``pages.problem_page`` for browsers.
- ``pages`` has ``routes()``, which answer with HTML, ``problem_page(request, problem)`` and ``sign_in_page(request)``;
  it takes templates from ``templates/`` and files from ``static/``, mounted as ``static``. Nothing may be inline: the
  content security policy forbids scripts, styles and handlers of events that stand in markup.
"""
