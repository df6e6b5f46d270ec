import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pledges', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('milestone_due', 'A step of the plan is due')], max_length=20, verbose_name='reason')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to=settings.AUTH_USER_MODEL)),
                ('owed_on', models.DateField(verbose_name='owed on')),
                ('state', models.CharField(choices=[('owed', 'Owed'), ('claimed', 'Being sent'), ('sent', 'Sent'), ('cancelled', 'No longer owed'), ('failed', 'Could not be sent')], default='owed', max_length=9, verbose_name='state')),
                ('message_id', models.CharField(max_length=120, unique=True)),
                ('subject', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('outcome_unknown', models.BooleanField(default=False, help_text='A worker died while sending: it was sent again under the same Message-ID.')),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
            ],
            options={
                'ordering': ['-owed_on', '-pk'],
                'indexes': [models.Index(fields=['-owed_on', '-id'], name='reminder_newest'), models.Index(condition=models.Q(('state__in', ['owed', 'claimed'])), fields=['next_attempt_at', 'id'], name='reminder_open_by_time')],
                'constraints': [models.UniqueConstraint(fields=('reason', 'recipient', 'owed_on'), name='reminder_once_a_day'), models.CheckConstraint(condition=models.Q(('reason__in', ['milestone_due'])), name='reminder_reason_known'), models.CheckConstraint(condition=models.Q(('state__in', ['owed', 'claimed', 'sent', 'cancelled', 'failed'])), name='reminder_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='reminder_sent_with_instant'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'claimed')), models.Q(('state', 'claimed'), _negated=True), _connector='OR'), name='reminder_claimed_with_lease')],
            },
        ),
        migrations.CreateModel(
            name='ReminderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reminder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='reminders.reminder')),
                ('reason', models.CharField(choices=[('milestone_due', 'A step of the plan is due')], max_length=20)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminder_items', to=settings.AUTH_USER_MODEL)),
                ('pledge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminder_items', to='pledges.pledge')),
                ('milestone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminder_items', to='pledges.milestone')),
                ('due_on', models.DateField(help_text='The day the step was due when this was written: a moved date is owed anew.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('reason', 'recipient', 'milestone', 'due_on'), name='reminder_item_once_per_debt')],
                'indexes': [],
            },
        ),
    ]
