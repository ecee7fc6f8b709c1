"""A Django project in one file: its admin, an upload, a form, a file, a stream."""
import pathlib
import tempfile

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="of the test",
    ALLOWED_HOSTS=["x", "127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                           "NAME": str(pathlib.Path(tempfile.mkdtemp()) / "django.sqlite")}},
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.sessions", "django.contrib.messages"],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware",
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                                   "django.contrib.auth.context_processors.auth",
                                                   "django.contrib.messages.context_processors.messages"]}}],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    STATIC_URL="/static/",
    FILE_UPLOAD_MAX_MEMORY_SIZE=1000,
)
django.setup()

from django.contrib import admin
from django.core.management import call_command
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

call_command("migrate", verbosity=0)
from django.contrib.auth.models import User

User.objects.create_superuser("ada", password="lovelace")


@csrf_exempt
def upload(request):
    return described(request.FILES["file"])


def described(file):
    return HttpResponse(f"{file.name} {sum(len(chunk) for chunk in file.chunks())} {type(file).__name__}")


def form(request):
    if request.method == "POST":
        return described(request.FILES["file"])
    page = engines["django"].from_string("<form method=post enctype=multipart/form-data>{% csrf_token %}<input type=file name=file></form>")
    return HttpResponse(page.render({}, request))


def this_file(request):
    return FileResponse(open(__file__, "rb"))


def stream(request):
    return StreamingHttpResponse(f"line {n}\n" for n in range(3))


urlpatterns = [path("admin/", admin.site.urls), path("upload", upload), path("form", form),
               path("file", this_file), path("stream", stream)]

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
